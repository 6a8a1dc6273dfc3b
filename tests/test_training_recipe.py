"""Every setting of a training does what it says, and precision, parts and workers change nothing else."""

import copy
import itertools
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from spectnet.evaluation import score_recordings, score_segments
from spectnet.experiment import TrainingConfig
from spectnet.metrics import binary_metrics
from spectnet.model import SpectNet, SpectNetConfig
from spectnet.recordings import Recording
from spectnet.segments import Preprocessing, SegmentDataset
from spectnet.training import (
    History,
    TrainingObjective,
    WeightAverage,
    epoch_seed,
    make_optimizer,
    make_schedule,
    seed_everything,
    train,
)
from spectnet.training.trainer import Trainer

QUICK = TrainingConfig(epochs=1, segments_per_epoch=32, batch_size=16)


def config(**changes: object) -> TrainingConfig:
    return TrainingConfig.model_validate(QUICK.model_dump() | changes)


def model(frontend: dict | None = None, *, plain: bool = False) -> SpectNet:
    """A small one; plain has neither batch norm nor dropout, so that a batch may be cut without a trace."""
    seed_everything(0)
    settings = {
        "frontend": {"n_filters": 4} | (frontend or {}),
        "backbone": {"channels": [4, 8, 8]},
        "segment_s": 1.0,
    }
    found = SpectNet(SpectNetConfig.model_validate(settings))
    if plain:
        found.backbone = nn.Sequential(
            nn.Unflatten(1, (1, 4)), nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(8, 2),
        )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """Noise that is normal, and abnormal with a hum at 150 Hz."""
    draw, time, found = np.random.default_rng(0), np.arange(3000) / 1000, []
    for number in range(24):
        hum = number % 2 * 2 * np.sin(2 * np.pi * 150 * time + draw.uniform(0, 6))
        sound = (draw.standard_normal(3000) + hum).astype(np.float32)
        found.append(Recording(str(number), number % 2, "x", samples=sound, sample_rate=1000))
    return found


@pytest.fixture(scope="module")
def halves(recordings) -> tuple[SegmentDataset, SegmentDataset]:
    def cut(part: list[Recording], hop_s: float | None = None) -> SegmentDataset:
        return SegmentDataset(part, Preprocessing(), segment_s=1.0, hop_s=hop_s)

    return cut(recordings[:12], hop_s=0), cut(recordings[12:])


def run(network: SpectNet, halves: tuple[SegmentDataset, SegmentDataset], **changes: object) -> History:
    return train(network, *halves, config(**changes), progress=False)


def steps(network: SpectNet, halves: tuple[SegmentDataset, SegmentDataset], **changes: object) -> Trainer:
    """One epoch without validation."""
    trainer = Trainer(network, halves[0], config(**changes), "cpu")
    trainer.run_epoch(1, trainer.bar(progress=False))
    return trainer


def weights(network: nn.Module) -> Tensor:
    return torch.cat([value.detach().flatten().clone() for value in network.parameters()])


# A step


@pytest.mark.parametrize("parts", [2, 4])
def test_a_batch_computed_in_parts_is_one_batch(halves, parts):
    whole, cut = model(plain=True), model(plain=True)
    start = weights(whole)
    steps(whole, halves, optimiser="sgd", learning_rate=0.1)
    trainer = steps(cut, halves, optimiser="sgd", learning_rate=0.1, accumulation=parts)
    assert trainer.schedule.last_epoch == 2, "two steps of the optimiser, however many parts"
    assert (weights(whole) - start).abs().max() > 1e-2
    # Sums in another order, in float32.
    torch.testing.assert_close(weights(cut), weights(whole), rtol=1e-4, atol=1e-6)


def test_a_long_gradient_is_shortened_to_the_clip_norm(halves):
    network = model(plain=True)
    start = weights(network)
    settings = {"optimiser": "sgd", "schedule": "constant", "weight_decay": 0.0, "clip_norm": 1e-3}
    rates = {"learning_rate": 0.5, "frontend_learning_rate": 0.5}
    steps(network, halves, segments_per_epoch=16, **settings, **rates)
    # Nesterov's first step is 1 + 0.9 gradients long.
    assert (weights(network) - start).norm().item() == pytest.approx(0.5 * 1.9 * 1e-3, rel=1e-3)


def test_the_schedules_go_up_and_down_or_stay(halves):
    cycle = run(model(), halves, epochs=4, segments_per_epoch=64)
    rates = [epoch.learning_rate for epoch in cycle.epochs]
    assert max(rates) > 0.5 * QUICK.learning_rate
    assert rates[-1] < 1e-3 * QUICK.learning_rate
    constant = run(model(), halves, epochs=2, schedule="constant")
    assert [epoch.learning_rate for epoch in constant.epochs] == [QUICK.learning_rate] * 2


def test_the_cycle_peaks_at_each_groups_own_rate():
    optimizer = make_optimizer(model(), QUICK)
    schedule, highest = make_schedule(optimizer, QUICK, 100), np.zeros(2)
    for _ in range(99):
        optimizer.step()
        schedule.step()
        highest = np.maximum(highest, schedule.get_last_lr())
    np.testing.assert_allclose(highest, [QUICK.learning_rate, QUICK.frontend_learning_rate], rtol=1e-2)


@pytest.mark.parametrize(("name", "kind"), [("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)])
def test_the_optimiser_is_the_one_asked_for(name, kind):
    optimizer = make_optimizer(model(), config(optimiser=name))
    assert type(optimizer) is kind
    assert [group["weight_decay"] for group in optimizer.param_groups] == [QUICK.weight_decay, 0.0]


# What the loss is of


def by_hand(network: SpectNet, spectrogram: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    target = nn.functional.one_hot(labels, 2) * (1 - smoothing) + smoothing / 2
    return -(target * network.backbone(spectrogram).log_softmax(-1)).sum(-1).mean()


@pytest.fixture
def batch(generator) -> tuple[Tensor, Tensor]:
    return torch.randn(8, 1000, generator=generator), torch.arange(8) % 2


def test_label_smoothing_shares_the_label_out(batch):
    network, (segments, labels) = model().eval(), batch
    spectrogram = network.frontend(segments)
    for smoothing in (0.0, 0.2):
        loss = TrainingObjective(network, config(label_smoothing=smoothing))(segments, labels)
        torch.testing.assert_close(loss, by_hand(network, spectrogram, labels, smoothing))


def test_mixup_mixes_spectrograms_and_labels_by_one_share(batch, monkeypatch):
    network, (segments, labels) = model().eval(), batch
    order = torch.tensor([3, 2, 1, 0, 7, 6, 5, 4])
    monkeypatch.setattr(torch, "randperm", lambda n, device: order)
    monkeypatch.setattr(torch.distributions.Beta, "sample", lambda self: torch.tensor(0.25))
    spectrogram = network.frontend(segments)
    mixed = 0.25 * spectrogram + 0.75 * spectrogram[order]
    expected = 0.25 * by_hand(network, mixed, labels) + 0.75 * by_hand(network, mixed, labels[order])
    loss = TrainingObjective(network, config(mixup=0.4))(segments, labels)
    torch.testing.assert_close(loss, expected)


def test_the_gradient_reaches_the_filters_through_masks_and_mixup(batch):
    network = model()
    settings = config(mixup=0.4, augmentation={"filter_mask": 2, "time_mask_s": 0.2})
    TrainingObjective(network, settings)(*batch).backward()
    for name, value in network.frontend.named_parameters():
        assert value.grad is not None, name
        assert value.grad.abs().max() > 0, name


def test_training_hears_augmented_segments_and_validation_the_recorded_ones(halves, monkeypatch):
    heard: dict[bool, list[Tensor]] = {True: [], False: []}
    network = model()
    network.frontend.register_forward_pre_hook(
        lambda module, inputs: heard[module.training].append(inputs[0].clone())
    )
    run(network, halves, augmentation={"gain_db": 20})
    power = torch.cat(heard[True]).square().mean(1)
    assert power.max() / power.min() > 10  # prepared recordings have the power one
    expected = halves[1].gather(range(len(halves[1])))[0]
    assert torch.cat(heard[False]).equal(expected)


# Averaging


def test_the_average_follows_the_weights_and_statistics_slowly():
    network = model()
    average, expected = WeightAverage(network, 0.5), {}
    for step in range(1, 30):
        with torch.no_grad():
            for value in network.state_dict().values():
                value.add_(1) if value.is_floating_point() else value.fill_(step)
        average.update(network)
        decay = min(0.5, step / (step + 9))
        for name, value in network.state_dict().items():
            before = expected.get(name, value - 1)
            moved = decay * before + (1 - decay) * value
            expected[name] = moved if value.is_floating_point() else value.clone()
    for name, value in average.model.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=1e-5, atol=1e-5)
    assert not any(value.requires_grad for value in average.model.parameters())


def test_the_average_is_judged_and_kept_and_the_weights_are_what_moves(halves):
    network, judged = model(), []
    history = train(
        network,
        *halves,
        config(averaging=0.99, epochs=2),
        progress=False,
        after_epoch=lambda found, _: judged.append((found, weights(found))),
    )
    best = judged[history.best.epoch - 1][1]
    assert judged[0][0] is not network
    assert weights(network).equal(best)
    plain = model()
    run(plain, halves, epochs=2)
    start = weights(model())
    assert (best - start).norm() < 0.9 * (weights(plain) - start).norm(), "it lags behind"


# Precision, compiling, workers, repeatability


def test_bf16_computes_products_in_half_and_keeps_weights_whole(halves):
    kinds, network = set(), model()
    network.backbone.stem[0].register_forward_hook(
        lambda module, _, out: kinds.add((module.training, out.dtype))
    )
    history = run(network, halves, precision="bf16")
    assert kinds == {(True, torch.bfloat16), (False, torch.bfloat16)}
    assert all(value.dtype != torch.bfloat16 for value in network.state_dict().values())
    # 8 bits of mantissa: 0.4 % a product.
    assert history.best.loss == pytest.approx(run(model(), halves).best.loss, abs=0.02)
    assert network(torch.zeros(1, 1000)).dtype == torch.float32, "its own forward is as it was"


def test_everything_at_once_still_learns(halves):
    network = model()
    history = run(
        network,
        halves,
        epochs=6,
        segments_per_epoch=256,
        learning_rate=1e-2,
        precision="bf16",
        averaging=0.9,
        mixup=0.2,
        label_smoothing=0.05,
        accumulation=2,
        augmentation={
            "gain_db": 6, "colour_db": 6, "noise_snr_db": 10, "shift_s": 0.2, "speed": 0.1,
            "requantise_bits": [6, 10], "filter_mask": 1, "time_mask_s": 0.2,
        },
    )  # fmt: skip
    tested = halves[1]
    scores = score_recordings(tested, score_segments(network, tested))
    labels = np.array([recording.label for recording in tested.recordings])
    assert binary_metrics(labels, scores, history.best.threshold).macc == 1.0


def test_fp16_needs_a_gpu(halves):
    with pytest.raises(ValueError, match='precision "fp16" needs a GPU; take "bf16" or "fp32" on a CPU'):
        run(model(), halves, precision="fp16")


COMPILED = """
import functools, torch
from spectnet.experiment import TrainingConfig
from spectnet.model import SpectNet, SpectNetConfig
from spectnet.training import TrainingObjective, seed_everything

# The graph is captured and differentiated; only machine code, the last step, is left out for time.
compiled, torch.compile = [], functools.partial(torch.compile, backend="aot_eager")
settings = {"frontend": {"n_filters": 4}, "backbone": {"channels": [4, 8], "dropout": 0.0}, "segment_s": 1.0}
segments, labels = torch.randn(8, 1000), torch.arange(8) % 2
for wanted in (False, True):
    seed_everything(0)
    model = SpectNet(SpectNetConfig.model_validate(settings))
    objective = TrainingObjective(model, TrainingConfig(compile=wanted))
    assert len(list(objective.parameters())) == len(list(model.parameters())), "none counted twice"
    loss = objective(segments, labels)
    loss.backward()
    compiled.append((loss.detach(), [value.grad for value in model.parameters()]))
torch.testing.assert_close(compiled[1], compiled[0], rtol=1e-3, atol=1e-5)
assert torch._dynamo.utils.counters["stats"]["unique_graphs"] >= 2
"""


@pytest.mark.timeout(300)
def test_compiled_parts_train_as_the_plain_ones():
    """In a process of its own: shape checks and the compiler do not go together."""
    done = subprocess.run([sys.executable, "-c", COMPILED], capture_output=True, text=True, timeout=290)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.filterwarnings("ignore:.*fork", "ignore:.*worker")
def test_workers_fetch_the_same_batches(halves):
    heard: dict[int, list[Tensor]] = {0: [], 2: []}
    for workers, segments in heard.items():
        network = model(plain=True)
        network.frontend.register_forward_pre_hook(
            lambda _, inputs, segments=segments: segments.append(inputs[0].clone())
        )
        run(network, halves, epochs=2, workers=workers)
    assert torch.cat(heard[2]).equal(torch.cat(heard[0]))


@pytest.mark.parametrize("wanted", [True, False])
def test_the_deterministic_mode_ends_with_the_training(halves, wanted):
    seen = []
    network = model()
    network.register_forward_pre_hook(lambda *_: seen.append(torch.are_deterministic_algorithms_enabled()))
    run(network, halves, deterministic=wanted)
    assert set(seen) == {wanted}
    assert not torch.are_deterministic_algorithms_enabled()


def test_no_two_epochs_seeds_or_processes_draw_alike():
    seeds = [epoch_seed(*which) for which in itertools.product(range(4), range(50), range(4))]
    assert len(set(seeds)) == len(seeds)


def test_epochs_draw_other_segments_each(halves):
    trainer, drawn = Trainer(model(), halves[0], QUICK, "cpu"), []
    trainer.model.frontend.register_forward_pre_hook(lambda _, inputs: drawn.append(inputs[0].clone()))
    for number in (1, 2, 1):
        trainer.schedule.last_epoch = 0  # more epochs than the schedule was made for
        trainer.run_epoch(number, trainer.bar(progress=False))
    first, second, again = (torch.cat(drawn[2 * n : 2 * n + 2]) for n in range(3))
    assert not first.equal(second)
    assert first.equal(again)


# Front-ends and lessons


@pytest.mark.parametrize("kind", ["free-fir", "log-mel", "branches"])
def test_a_front_end_without_frequencies_or_bandwidths_has_none_in_its_history(halves, kind):
    settings = {"frontend": {"kind": kind}, "segment_s": 1.0}
    if kind == "branches":
        settings["backbone"] = {"kind": "branched"}
    seed_everything(0)
    network = SpectNet(SpectNetConfig.model_validate(settings))
    epoch = run(network, halves).epochs[0]
    frequencies = network.frontend.center_frequencies
    assert epoch.center_frequencies == ([] if frequencies is None else frequencies.tolist())
    bandwidths = getattr(network.frontend, "bandwidths", None)
    assert epoch.bandwidths == ([] if bandwidths is None else bandwidths.tolist())


@pytest.mark.parametrize("left_on", [True, False])
def test_dropout_is_left_on_when_validating_for_the_lesson_only(halves, left_on):
    modes, network = [], model()
    network.backbone.dropout.register_forward_hook(lambda module, *_: modes.append(module.training))
    run(network, halves, dropout_at_test=left_on)
    assert modes == [True, True, left_on]


def test_trainings_of_other_precisions_follow_each_other_in_one_process(halves):
    first = run(model(), halves).epochs
    run(model(), halves, precision="bf16", accumulation=2)
    assert run(model(), halves).epochs == first


def test_the_bar_counts_steps(halves, capsys):
    train(model(), *halves, config(epochs=3), progress=True)
    assert "6/6" in capsys.readouterr().err
    train(model(), *halves, config(epochs=3), progress=False)
    assert capsys.readouterr().err == ""


def test_the_model_keeps_its_own_forward(halves):
    network = model()
    forward = copy.copy(network.forward.__func__)
    run(network, halves, precision="bf16", mixup=0.2)
    assert network.forward.__func__ is forward or network.forward.__func__.__code__ is forward.__code__
    assert "forward" not in vars(network)
