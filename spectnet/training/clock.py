"""What a run has cost, over all the times it was stopped and resumed."""

from __future__ import annotations

import time


class Clock:
    """Seconds on the wall, and seconds of processor time, since it was made and before.

    Work after the last checkpoint of a run that was killed is not counted: nobody saved how much it was.
    """

    def __init__(self) -> None:
        self._wall, self._core = time.perf_counter(), time.process_time()
        self.earlier, self.processes = (0.0, 0.0), 1

    @property
    def seconds(self) -> float:
        """On the wall."""
        return self.earlier[0] + time.perf_counter() - self._wall

    @property
    def core_seconds(self) -> float:
        """On all cores, of all processes, which work alike; without a GPU's time, and a loader's workers'."""
        return self.earlier[1] + self.processes * (time.process_time() - self._core)
