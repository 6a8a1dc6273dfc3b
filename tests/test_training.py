"""Training learns, keeps the epoch that validates best, and stops with a sentence when it cannot go on."""

import copy
import csv
import json

import numpy as np
import pytest
import torch

from spectnet.evaluation import score_recordings, score_segments
from spectnet.experiment import TrainingConfig
from spectnet.metrics import binary_metrics
from spectnet.model import SpectNet, SpectNetConfig
from spectnet.recordings import Recording
from spectnet.segments import Preprocessing, SegmentDataset
from spectnet.training import (
    Epoch,
    History,
    TrainingError,
    Validation,
    make_optimizer,
    seed_everything,
    train,
    validate,
    validation,
)

QUICK = TrainingConfig(epochs=2, segments_per_epoch=24, batch_size=8)


def model(**frontend: object) -> SpectNet:
    seed_everything(0)
    settings = {
        "frontend": {"n_filters": 4} | frontend,
        "backbone": {"channels": [4, 8, 8]},
        "segment_s": 1.0,
    }
    return SpectNet(SpectNetConfig.model_validate(settings))


def cut(recordings: list[Recording], hop_s: float | None = None) -> SegmentDataset:
    return SegmentDataset(recordings, Preprocessing(), segment_s=1.0, hop_s=hop_s)


@pytest.fixture(scope="module")
def halves(hearts: list[Recording]) -> tuple[SegmentDataset, SegmentDataset]:
    """Hearts to learn from and others to validate on, both devices and classes in each."""
    return cut(hearts[0::2], hop_s=0.5), cut(hearts[1::2])


def run(network: SpectNet, halves: tuple[SegmentDataset, SegmentDataset], **changes: object) -> History:
    return train(network, *halves, QUICK.model_copy(update=changes), progress=False)


def plain_hearts(n: int, seed: int) -> list[Recording]:
    """Noise that is normal, and abnormal with a hum at 150 Hz: a difference that any model should learn."""
    draw = np.random.default_rng(seed)
    time = np.arange(3000) / 1000
    recordings = []
    for number in range(n):
        label = number % 2
        sound = draw.standard_normal(3000) + label * 2 * np.sin(2 * np.pi * 150 * time + draw.uniform(0, 6))
        recordings.append(
            Recording(f"{seed}-{number}", label, "x", samples=sound.astype(np.float32), sample_rate=1000)
        )
    return recordings


def test_a_plain_difference_is_learned_and_holds_for_recordings_never_heard():
    network = model()
    config = TrainingConfig(epochs=4, segments_per_epoch=160, batch_size=16, learning_rate=1e-2)
    history = train(network, cut(plain_hearts(12, 1)), cut(plain_hearts(8, 2)), config, progress=False)
    assert history.epochs[-1].loss < 0.5 * history.epochs[0].loss
    tested = cut(plain_hearts(20, 3))
    scores = score_recordings(tested, score_segments(network, tested))
    labels = np.array([recording.label for recording in tested.recordings])
    assert binary_metrics(labels, scores, history.best.threshold).macc == 1.0


def test_the_weights_that_remain_are_those_of_the_best_epoch(halves, monkeypatch):
    """Inner validation says 0.6, 0.9, 0.7: the second epoch's weights must come back."""
    maccs, states = iter([0.6, 0.9, 0.7]), []
    monkeypatch.setattr(validation, "validate", lambda *_, **__: Validation(next(maccs), 0.5, 0.5))
    network = model()
    history = train(
        network,
        *halves,
        QUICK.model_copy(update={"epochs": 3}),
        progress=False,
        after_epoch=lambda found, _: states.append(copy.deepcopy(found.state_dict())),
    )
    assert history.best.epoch == 2
    assert not network.training
    for name, value in network.state_dict().items():
        assert torch.equal(value, states[1][name]), name
    assert any(not torch.equal(states[1][name], states[2][name]) for name in states[1])


def test_the_history_is_what_validation_of_the_kept_model_gives(halves):
    network = model()
    history = run(network, halves)
    macc, auc, threshold = validate(network, halves[1])
    best = history.best
    found = (best.validation_macc, best.validation_auc, best.threshold)
    assert found == pytest.approx((macc, auc, threshold))
    frequencies = network.frontend.center_frequencies.tolist()
    assert history.best.center_frequencies == pytest.approx(frequencies)


@pytest.fixture
def judge_uneven(hearts, monkeypatch):
    """Validate by given scores: 3 normal electronic, 1 abnormal; 1 normal contact, 3 abnormal."""

    def some(subset: str, label: int, n: int) -> list[Recording]:
        return [h for h in hearts if (h.subset, h.label) == (subset, label)][:n]

    chosen = [
        *some("electronic", 0, 3),
        *some("electronic", 1, 1),
        *some("contact", 0, 1),
        *some("contact", 1, 3),
    ]

    def judge(*scores: float) -> tuple[float, float, float]:
        monkeypatch.setattr(validation, "class_probabilities", lambda *_, **__: None)
        both = np.stack([1 - np.array(scores), scores], axis=1)
        monkeypatch.setattr(validation, "score_recordings", lambda *_: both)
        return validate(model(), cut(chosen))

    return judge


def test_validation_counts_both_classes_alike_in_every_subset(judge_uneven):
    """Three normal hearts of one device weigh as much as the one normal heart of the other."""
    # Wrong of the one normal contact heart.
    macc, auc, threshold = judge_uneven(0.1, 0.2, 0.3, 0.8, 0.99, 0.8, 0.8, 0.8)
    # Of four pairs of cells, each a quarter, the loud normal contact heart loses against both abnormal ones.
    assert auc == pytest.approx(1 / 2)
    assert macc == pytest.approx((1 + 1 / 2) / 2)  # by heads it would be (1 + 3 / 4) / 2
    assert 0.3 < threshold < 0.8


def test_the_threshold_is_chosen_by_the_balanced_score(judge_uneven):
    """By heads, 0.75 would be best: it finds three of four and spares all."""
    macc, _, threshold = judge_uneven(0.4, 0.6, 0.6, 0.5, 0.4, 0.9, 0.9, 0.9)
    assert threshold == pytest.approx(0.45)
    assert macc == pytest.approx((1 + (1 / 3 + 1) / 2) / 2)


def test_of_equal_epochs_the_first_is_best():
    history = History([Epoch(n, 1.0, macc, 0.5, [], []) for n, macc in enumerate([0.5, 0.8, 0.8], start=1)])
    assert history.best.epoch == 2


def test_a_seed_gives_the_same_history_again_and_another_seed_another(halves):
    def history(seed: int) -> list[Epoch]:
        return run(model(), halves, seed=seed).epochs

    first = history(0)
    assert first == history(0)
    assert first[0].loss != history(1)[0].loss


@pytest.mark.parametrize(
    ("learnable", "moves"),
    [(True, (True, True)), (False, (False, False)), (["bandwidths"], (False, True))],
)
def test_learnable_filters_move_and_static_ones_stay(halves, learnable, moves):
    network = model(learnable=learnable)
    before = network.frontend.center_frequencies.detach(), network.frontend.bandwidths.detach()
    last = run(network, halves).epochs[-1]
    for start, end, moved in zip(before, (last.center_frequencies, last.bandwidths), moves, strict=True):
        change = np.abs(np.array(end) / start.numpy() - 1)
        # Raw Hz parameters moved by millionths; a position on the scale moves by per cent in few steps.
        assert (change > 1e-3).all() if moved else (change == 0).all()


def test_dropout_acts_while_training_and_not_while_validating(halves, monkeypatch):
    modes = []
    network = model().eval()  # as one comes from disk
    network.backbone.dropout.register_forward_hook(lambda module, *_: modes.append(module.training))
    run(network, halves, epochs=1)
    steps = QUICK.segments_per_epoch // QUICK.batch_size
    assert modes == [True] * steps + [False]


def test_filters_have_a_rate_of_their_own_and_no_decay():
    network = model()
    cnn, filters = make_optimizer(network, QUICK).param_groups
    assert (cnn["lr"], cnn["weight_decay"]) == (QUICK.learning_rate, QUICK.weight_decay)
    assert (filters["lr"], filters["weight_decay"]) == (QUICK.frontend_learning_rate, 0.0)
    assert {id(p) for p in filters["params"]} == {id(p) for p in network.frontend.parameters()}
    assert len(make_optimizer(model(learnable=False), QUICK).param_groups) == 1


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_a_loss_or_gradient_that_is_not_finite_stops_and_keeps_the_best_epoch(halves, where):
    network, states = model(), []

    def spoil(found: SpectNet, history: History) -> None:
        states.append(copy.deepcopy(found.state_dict()))
        if where == "loss":
            with torch.no_grad():
                found.backbone.head.weight.fill_(float("nan"))
        else:
            found.backbone.head.weight.register_hook(lambda gradient: gradient * float("inf"))

    with pytest.raises(
        TrainingError, match=rf"the {where} became (nan|inf) at step 0 of epoch 2; .*Lower learning_rate"
    ):
        train(network, *halves, QUICK, progress=False, after_epoch=spoil)
    assert len(states) == 1
    for name, value in network.state_dict().items():
        assert torch.equal(value, states[0][name]), name


def test_no_recording_may_both_train_and_validate(halves, hearts):
    with pytest.raises(ValueError, match=f"1 recordings both train and validate, such as {hearts[0].name}"):
        train(model(), halves[0], cut(hearts[:1] + hearts[1::2]), QUICK, progress=False)


def test_one_step_an_epoch_is_enough(halves):
    assert len(run(model(), halves, epochs=1, segments_per_epoch=8).epochs) == 1


def test_the_csv_holds_one_line_an_epoch_and_the_json_the_filters_too(tmp_path):
    epochs = [
        Epoch(1, 0.7, 0.5, 0.4, [1.0], [2.0], validation_auc=0.6, learning_rate=0.1, seconds=2.0),
        Epoch(2, 0.6, 0.8, 0.3, [1.0], [2.0], validation_auc=0.9, learning_rate=0.2, seconds=3.0),
    ]
    history = History(epochs)
    history.write_csv(tmp_path / "history.csv")
    with (tmp_path / "history.csv").open(newline="") as file:
        rows = [[float(value) if value else None for value in row.values()] for row in csv.DictReader(file)]
    assert rows[0] == [1, 0.7, 0.5, 0.6, 0.4, 0.1, 2.0, None, None], "the last two are of a device"
    assert rows[1][2] == 0.8
    history.write_json(tmp_path / "history.json")
    assert [Epoch(**row) for row in json.loads((tmp_path / "history.json").read_text())] == epochs
