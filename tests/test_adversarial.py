"""Training against the device: the gradient turns, the schedule runs, no label of the target is read."""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.nn import functional

from spectnet import adversarial, runs, synthesis
from spectnet.experiment import Experiment, TrainingConfig
from spectnet.model import SpectNet, SpectNetConfig
from spectnet.recordings import UNLABELLED, Recording
from spectnet.segments import Preprocessing, SegmentDataset
from spectnet.training import AdversarialObjective, History, Trainer, seed_everything, train

QUICK = {"epochs": 2, "segments_per_epoch": 48, "batch_size": 8}
SMALL = {"frontend": {"n_filters": 4}, "backbone": {"channels": [4, 8]}, "segment_s": 1.0}


def recipe(**changes: object) -> TrainingConfig:
    return TrainingConfig.model_validate(QUICK | {"adversarial": {"target_batch": 4}} | changes)


def model() -> SpectNet:
    seed_everything(0)
    return SpectNet(SpectNetConfig.model_validate(SMALL))


def cut(recordings: list[Recording]) -> SegmentDataset:
    return SegmentDataset(recordings, Preprocessing(), segment_s=1.0)


@pytest.fixture(scope="module")
def sides(hearts: list[Recording]) -> tuple[SegmentDataset, SegmentDataset, list[Recording]]:
    """Labelled hearts to learn from and to validate on; and those of one device, as they are."""
    away = hearts[0].subset
    rest = [r for r in hearts if r.subset != away]
    return cut(rest[0::2]), cut(rest[1::2]), [r for r in hearts if r.subset == away]


def run(
    sides: tuple, config: TrainingConfig, target: list[Recording] | None = None
) -> tuple[SpectNet, History]:
    training, validation, away = sides
    unlabelled = cut(adversarial.without_labels(away if target is None else target))
    network = model()
    history = train(network, training, validation, config, unlabelled=unlabelled, progress=False)
    return network, history


def weights(network: SpectNet) -> torch.Tensor:
    return torch.cat([tensor.flatten().float() for tensor in network.state_dict().values()])


def test_reversal_keeps_the_numbers_and_turns_the_gradient():
    x = torch.randn(5, 3, requires_grad=True, dtype=torch.float64)
    y = adversarial.reverse_gradient(x, 0.3)
    torch.testing.assert_close(y, x)
    (y**3).sum().backward()
    torch.testing.assert_close(x.grad, -0.3 * 3 * x.detach() ** 2)


def test_weight_rises_from_0_to_1_as_published():
    assert adversarial.reversal_weight(0) == 0
    assert adversarial.reversal_weight(1) == pytest.approx(math.tanh(5))  # the same curve in another form
    steps = [adversarial.reversal_weight(p) for p in np.linspace(0, 1, 50)]
    assert (np.diff(steps) > 0).all()
    with pytest.raises(ValueError, match=r"progress must be between 0 and 1, got 1\.5"):
        adversarial.reversal_weight(1.5)


def test_confusion_is_smallest_where_the_head_has_no_idea():
    flat = adversarial.confusion_loss(torch.full((4, 3), 7.0))
    assert float(flat) == pytest.approx(math.log(3))
    draw = torch.Generator().manual_seed(0)
    for _ in range(20):
        assert adversarial.confusion_loss(torch.randn(4, 3, generator=draw)) > flat


@pytest.mark.parametrize("kind", ["reversal", "confusion"])
def test_head_learns_the_device_whatever_the_features_do(kind):
    torch.manual_seed(0)
    head, features, devices = nn.Linear(3, 2), torch.randn(8, 3), torch.arange(8) % 2
    given = {}
    for weight in (0.0, 0.7):
        head.zero_grad()
        adversarial.device_loss(head, features, devices, weight, kind).backward()
        given[weight] = head.weight.grad.clone()
    plain = torch.autograd.grad(functional.cross_entropy(head(features), devices), head.weight)[0]
    for gradient in given.values():
        torch.testing.assert_close(gradient, plain)


@pytest.mark.parametrize("kind", ["reversal", "confusion"])
def test_features_learn_against_the_head_in_proportion_to_the_weight(kind):
    torch.manual_seed(0)
    head, devices = nn.Linear(3, 2), torch.arange(8) % 2
    features = torch.randn(8, 3, requires_grad=True)

    def gradient(weight: float) -> torch.Tensor:
        return torch.autograd.grad(adversarial.device_loss(head, features, devices, weight, kind), features)[
            0
        ]

    wanted = {
        "reversal": lambda: -functional.cross_entropy(head(features), devices),
        "confusion": lambda: adversarial.confusion_loss(head(features)),
    }[kind]()
    expected = torch.autograd.grad(wanted, features)[0]
    torch.testing.assert_close(gradient(0.6), 0.6 * expected)
    assert not gradient(0.0).any()


@pytest.mark.parametrize("kind", ["reversal", "confusion"])
def test_devices_count_alike_however_many_segments_they_have(kind):
    """A head that names nothing but the largest device has learned nothing."""
    torch.manual_seed(0)
    head, features, devices = nn.Linear(2, 2), torch.randn(10, 2), torch.tensor([0] * 8 + [1] * 2)
    given = adversarial.device_loss(head, features, devices, 0.0, kind, torch.tensor([0.8, 0.2]))
    each = functional.cross_entropy(head(features), devices, reduction="none")
    torch.testing.assert_close(given, (each[:8].mean() + each[8:].mean()) / 2)


def test_shares_are_those_of_the_segments_that_are_drawn(sides):
    training, _, away = sides
    trainer = Trainer(model(), training, recipe(), "cpu", cut(adversarial.without_labels(away)))
    shares = trainer.target.shares(trainer.config)
    drawn = torch.cat([devices for _ in range(40) for _, _, devices, _ in trainer._parts(1)])
    found = torch.bincount(drawn, minlength=len(shares)) / len(drawn)
    assert float(shares.sum()) == pytest.approx(1)
    assert float(shares[trainer.target.devices.index(away[0].subset)]) == pytest.approx(4 / 12)
    torch.testing.assert_close(found.double(), shares, atol=0.03, rtol=0)


def test_head_is_blind_to_the_scale_of_the_features():
    """Features cannot hide from it by shrinking."""
    torch.manual_seed(0)
    head, features = adversarial.DeviceHead(3, 2).train(), torch.randn(64, 3)
    torch.testing.assert_close(head(features), head(0.1 * features + 5), atol=2e-3, rtol=0)


def test_schedule_runs_through_the_whole_training(sides):
    config = recipe(epochs=3)
    _, history = run(sides, config)
    steps = config.segments_per_epoch // config.batch_size
    for epoch in history.epochs:  # the last step of an epoch has one step less behind it
        done = (epoch.epoch - 1 / steps) / config.epochs
        assert epoch.device_weight == pytest.approx(adversarial.reversal_weight(done))
    constant = {"target_batch": 4, "schedule": "constant", "weight": 0.05}
    _, steady = run(sides, recipe(adversarial=constant))
    assert {epoch.device_weight for epoch in steady.epochs} == {0.05}


def test_filters_and_network_feel_the_device(sides):
    """With weight 0 the head only watches; with weight 1 everything before it learns otherwise."""
    with_weight = {w: run(sides, recipe(adversarial={"target_batch": 4, "weight": w}))[0] for w in (0, 1)}
    moved = weights(with_weight[0]) - weights(with_weight[1])
    assert moved.abs().max() > 1e-4
    filters = [network.frontend.center_frequencies.detach() for network in with_weight.values()]
    assert not torch.equal(*filters)


class Secret:
    """A label that nobody may look at."""

    def __getattribute__(self, name: str):
        raise AssertionError(f"somebody looked at a label of the target ({name})")

    __eq__ = __hash__ = __bool__ = __index__ = __int__ = __float__ = lambda self: 1 / 0


def guarded(recording: Recording) -> Recording:
    """The recording with a label that cannot be read; set from behind, since its maker looks at it."""
    copy = replace(recording)
    object.__setattr__(copy, "label", Secret())
    return copy


def test_no_label_of_the_target_is_looked_at(sides):
    hidden = [guarded(recording) for recording in sides[2]]
    with pytest.raises((AssertionError, ZeroDivisionError)):
        cut(hidden)  # the guard does bite
    run(sides, recipe(), target=hidden)


def test_a_run_reads_no_label_of_the_subset_left_out(monkeypatch, tmp_path):
    """From config to saved model: recordings of the target have labels that cannot be read."""
    hearts = synthesis.synthetic_hearts(60, duration_s=2.0)
    away = hearts[0].subset
    watched = [guarded(r) if r.subset == away else r for r in hearts]
    monkeypatch.setattr(runs, "load_recordings", lambda _: watched)
    experiment = Experiment.model_validate(
        {"name": "x", "data": "synthetic", "split": f"leave-out-{away}", "model": SMALL}
        | {"training": recipe(validation_folds=2, crop_hop_s=0.5).model_dump()}
    )
    runs.train_experiment(experiment, tmp_path, device="cpu", progress=False)
    assert (tmp_path / "model.safetensors").is_file()


def test_a_split_that_leaves_no_device_out_is_refused(monkeypatch, tmp_path):
    """Its test recordings would join the training, and what they then say would be no test."""
    hearts = synthesis.synthetic_hearts(60, duration_s=2.0)
    monkeypatch.setattr(runs, "load_recordings", lambda _: hearts)
    experiment = Experiment.model_validate(
        {"name": "x", "data": "synthetic", "split": "blocks-0", "model": SMALL}
        | {"training": recipe(validation_folds=2, crop_hop_s=0.5).model_dump()}
    )
    with pytest.raises(ValueError, match="blocks-0 tests no device that is left out of the training"):
        runs.train_experiment(experiment, tmp_path, device="cpu", progress=False)


def test_the_schedule_can_be_watched(sides, tmp_path):
    _, history = run(sides, recipe())
    history.write_csv(tmp_path / "history.csv")
    with (tmp_path / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["device_weight"]) for row in rows] == [e.device_weight for e in history.epochs]
    assert all(0 <= float(row["device_accuracy"]) <= 1 for row in rows)


def test_labels_of_the_target_change_nothing(sides):
    flipped = [replace(recording, label=1 - recording.label) for recording in sides[2]]
    (one, first), (other, second) = run(sides, recipe()), run(sides, recipe(), target=flipped)
    torch.testing.assert_close(weights(one), weights(other), rtol=0, atol=0)
    assert first.epochs == second.epochs


def test_labels_in_the_target_are_refused(sides):
    training, validation, away = sides
    with pytest.raises(ValueError, match=f"unlabelled must hold no labels, got one of {away[0].name}"):
        train(model(), training, validation, recipe(), unlabelled=cut(away), progress=False)


def test_target_and_settings_go_together(sides):
    training, validation, away = sides
    unlabelled = cut(adversarial.without_labels(away))
    with pytest.raises(ValueError, match=r"given together with training\.adversarial, which does not ask"):
        train(model(), training, validation, recipe(adversarial=None), unlabelled=unlabelled, progress=False)
    with pytest.raises(ValueError, match=r"given together with training\.adversarial, which needs it"):
        train(model(), training, validation, recipe(), progress=False)


def test_without_labels_keeps_the_sound_and_the_device(hearts):
    for bare, whole in zip(adversarial.without_labels(hearts), hearts, strict=True):
        assert (bare.label, bare.truth) == (UNLABELLED, {})
        assert (bare.name, bare.subset) == (whole.name, whole.subset)
        assert bare.samples is whole.samples


def test_batches_name_the_device_of_every_segment(sides):
    training, _, away = sides
    trainer = Trainer(model(), training, recipe(), "cpu", cut(adversarial.without_labels(away)))
    segments, labels, devices, _ = next(trainer._parts(1))
    names = [trainer.target.devices[number] for number in devices.tolist()]
    assert (len(segments), len(labels), len(devices)) == (12, 8, 12)
    assert set(names[8:]) == {away[0].subset}
    assert away[0].subset not in names[:8]


def test_training_goes_on_as_if_never_stopped(sides, tmp_path):
    """The head and its optimiser are in the checkpoint, too."""
    training, validation, away = sides
    unlabelled = cut(adversarial.without_labels(away))

    def go(network: SpectNet, name: str, after: object = None, resume: bool = False) -> History:
        return train(
            network, training, validation, recipe(epochs=3), unlabelled=unlabelled, progress=False,
            checkpoint=tmp_path / name, resume=resume, after_epoch=after,
        )  # fmt: skip

    def stop(_: SpectNet, history: History) -> None:
        if len(history.epochs) == 2:
            raise KeyboardInterrupt

    through, broken = model(), model()
    whole = go(through, "a")
    with pytest.raises(KeyboardInterrupt):
        go(broken, "b", after=stop)
    again = model()
    assert go(again, "b", resume=True).epochs == whole.epochs
    torch.testing.assert_close(weights(again), weights(through), rtol=0, atol=0)


def test_accumulated_parts_make_the_same_batches(sides):
    """Each part of a batch brings its share of the target's segments."""
    training, _, away = sides
    trainer = Trainer(model(), training, recipe(accumulation=2), "cpu", cut(adversarial.without_labels(away)))
    parts = list(trainer._parts(1))
    assert len(parts) == 12
    assert {len(labels) for _, labels, _, _ in parts} == {4}
    assert {len(devices) for _, _, devices, _ in parts} == {6}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mixup": 0.2}, "mixup must be 0 in a training against the device"),
        ({"accumulation": 8}, "accumulation must divide adversarial.target_batch"),
        ({"adversarial": {"weight": -1}}, "greater than or equal to 0"),
        ({"adversarial": {"kind": "shouting"}}, "'reversal' or 'confusion'"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes, says):
    with pytest.raises(ValidationError, match=says):
        recipe(**changes)


def test_published_network_has_no_features(sides):
    published = {"backbone": {"kind": "published"}, "frontend": {"kind": "published"}}
    with pytest.raises(ValidationError, match=r"training\.adversarial needs a backbone that gives features"):
        Experiment(name="x", model=published, training=recipe())


def test_objective_adds_the_labels_loss_and_the_devices(sides):
    network = model()
    objective = AdversarialObjective(network, recipe(), torch.full((3,), 1 / 3)).eval()
    x, y = torch.randn(6, 1000), torch.tensor([0, 1, 1, 0])
    devices = torch.tensor([0, 1, 2, 0, 1, 2])
    features = network.reader.embed(network.frontend(x))
    wanted = functional.cross_entropy(network.reader.classify(features[:4]), y)
    wanted = wanted + functional.cross_entropy(objective.head(features), devices)
    torch.testing.assert_close(objective(x, y, devices, 0.5), wanted)


def test_features_are_means_over_a_recordings_segments(sides):
    network, dataset = model().eval(), sides[1]
    found = adversarial.recording_features(network, dataset)
    first = [dataset[i][0] for i in range(int(dataset.n_segments[0]))]
    with torch.inference_mode():
        wanted = network.reader.embed(network.frontend(torch.stack(first))).mean(dim=0)
    np.testing.assert_allclose(found[0], wanted.numpy(), rtol=1e-4, atol=1e-5)
