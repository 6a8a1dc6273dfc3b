"""Who runs: each front-end, built for a workload, with what the table must say about it."""

from benchmarks.contestants.contestant import Contestant, NotRunnable
from benchmarks.contestants.efficientleaf import CONTESTANTS as _EFFICIENTLEAF
from benchmarks.contestants.gammatones import CONTESTANTS as _GAMMATONES
from benchmarks.contestants.paper import CONTESTANTS as _PAPER
from benchmarks.contestants.peers import CONTESTANTS as _PEERS

CONTESTANTS: dict[str, Contestant] = {
    contestant.name: contestant for contestant in (*_GAMMATONES, *_PAPER, *_EFFICIENTLEAF, *_PEERS)
}

__all__ = ["CONTESTANTS", "Contestant", "NotRunnable"]
