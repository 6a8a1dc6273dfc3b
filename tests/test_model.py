"""A saved model comes back as it was, and a bad file is refused with a reason and runs no code."""

import errno
import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from spectnet import atomic, results
from spectnet.model import (
    CONFIG_FILE,
    DEFAULT_MODEL,
    WEIGHTS_FILE,
    ModelError,
    SpectNet,
    SpectNetConfig,
    load_model,
    save_model,
)

SMALL = {"frontend": {"n_filters": 4}, "backbone": {"channels": [4, 6]}, "segment_s": 0.5}


def small_model(**changes: object) -> SpectNet:
    torch.manual_seed(0)
    model = SpectNet(SpectNetConfig.model_validate(SMALL | changes))
    with torch.no_grad():  # away from where a fresh model would start
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return model.eval()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Folder of a small saved model."""
    return save_model(small_model(), tmp_path / "deep" / "saved")


def test_logits_are_the_backbones_of_the_frontends_picture(generator):
    model, waveform = small_model(), torch.randn(3, 500, generator=generator)
    assert torch.equal(model(waveform), model.backbone(model.frontend(waveform)))
    assert SpectNet()(waveform).shape == (3, 2)


def test_what_is_loaded_gives_the_same_logits(saved, generator):
    waveform = torch.randn(3, 500, generator=generator)
    loaded = load_model(saved)
    assert torch.equal(loaded(waveform), small_model()(waveform))
    assert loaded.config == small_model().config
    assert not loaded.training


def test_a_config_reaches_all_of_the_layer(tmp_path, generator):
    """Orders and frequencies of one's own, gains and a compression that learn, and back from the disk."""
    frontend = {
        "n_filters": 3,
        "center_frequencies": [40.0, 90.0, 180.0],
        "order": [2, 4, 8],
        "learnable": ["center_frequencies", "gains", "compression"],
        "compression": "pcen",
        "normalisation": "mean",
        "parametrisation": "hertz",
    }
    model, waveform = small_model(frontend=frontend), torch.randn(2, 500, generator=generator)
    layer = model.frontend
    assert (layer.order, layer.parametrisation, layer.over_time.normalisation) == ((2, 4, 8), "hertz", "mean")
    assert layer.center_frequencies.tolist() == pytest.approx([40.0, 90.0, 180.0], abs=1)
    assert layer.compression.alpha.requires_grad
    assert not layer.bandwidth.value.requires_grad
    loaded = load_model(save_model(model, tmp_path))
    assert torch.equal(loaded(waveform), model(waveform))


def test_saving_leaves_a_model_channels_last_and_on_the_disk_as_plain_files(tmp_path, generator):
    model = small_model().to(memory_format=torch.channels_last)
    folder = save_model(model, tmp_path, threshold=0.25)
    assert sorted(path.name for path in folder.iterdir()) == [CONFIG_FILE, WEIGHTS_FILE]
    loaded, waveform = load_model(folder), torch.randn(1, 500, generator=generator)
    torch.testing.assert_close(loaded(waveform), model(waveform))
    assert loaded.config == model.config.model_copy(update={"threshold": 0.25})


@pytest.mark.parametrize(
    "frontend",
    [
        {"kind": "log-mel", "n_filters": 4},
        {"kind": "mfcc", "n_coefficients": 3, "n_mels": 6},
        {"kind": "free-fir", "n_filters": 3, "kernel_size": 31},
        {"kind": "gabor", "n_filters": 3, "kernel_size": 101, "pooling": "gaussian", "compression": "pcen"},
        {"kind": "sinc", "n_filters": 3, "kernel_size": 101},
    ],
    ids=lambda frontend: frontend["kind"],
)
def test_any_front_end_can_stand_before_the_network(frontend, tmp_path, generator):
    model, waveform = small_model(frontend=frontend), torch.randn(2, 500, generator=generator)
    loaded = load_model(save_model(model, tmp_path))
    assert torch.equal(loaded(waveform), model(waveform))
    assert loaded.config.frontend.kind == frontend["kind"]


@pytest.mark.parametrize("taps", ["free", "linear-phase", "gammatone"])
def test_the_one_dimensional_baseline_is_a_model_too(taps, tmp_path, generator):
    parts = {"frontend": {"kind": "branches", "taps": taps}, "backbone": {"kind": "branched", "steps": 5}}
    model, waveform = small_model(**parts), torch.randn(2, 500, generator=generator)
    assert torch.equal(load_model(save_model(model, tmp_path))(waveform), model(waveform))


def test_a_config_from_before_there_were_kinds_reads_as_it_did():
    old = SpectNetConfig.model_validate_json('{"frontend": {"n_filters": 3}, "backbone": {"channels": [4]}}')
    assert (old.frontend.kind, old.backbone.kind) == ("gammatone", "residual")
    assert (old.frontend.n_filters, old.backbone.channels) == (3, (4,))


def test_a_save_that_fails_leaves_the_model_that_was_there(saved, monkeypatch):
    before = {path.name: path.read_bytes() for path in saved.iterdir()}

    def full_disk(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("spectnet.atomic.os.fsync", full_disk)
    with pytest.raises(OSError, match=r"config\.json could not be written \(No space left on device\)"):
        save_model(small_model(backbone={"channels": [4, 8]}), saved)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


def test_a_save_that_is_stopped_between_its_files_shows_in_the_threshold(saved, monkeypatch):
    """So a run can tell, which knows the threshold that belongs to its best epoch."""
    write, written = atomic.write, []

    def stopped(path: Path, content: bytes | str) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(path)
        write(path, content)

    monkeypatch.setattr(atomic, "write", stopped)
    with pytest.raises(KeyboardInterrupt):
        save_model(small_model(), saved, threshold=0.75)
    assert load_model(saved).config.threshold == 0.75


class Bomb:
    """A pickle that runs a command when it is read."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_runs_no_code(saved, tmp_path, protocol):
    marker = tmp_path / "bitten"
    (saved / WEIGHTS_FILE).write_bytes(pickle.dumps(Bomb(marker), protocol=protocol))
    with pytest.raises(
        ModelError, match=r"model\.safetensors is (a pickle|truncated or no safetensors file)"
    ):
        load_model(saved)
    assert not marker.exists()
    pickle.loads((saved / WEIGHTS_FILE).read_bytes())
    assert marker.exists()  # so it would have


@pytest.mark.parametrize("zipped", [True, False])
def test_what_torch_saves_is_named_as_a_pickle(saved, zipped):
    torch.save({"x": torch.zeros(1)}, saved / WEIGHTS_FILE, _use_new_zipfile_serialization=zipped)
    with pytest.raises(
        ModelError, match=r"is a pickle .* it was not opened\. Ask for the weights as safetensors"
    ):
        load_model(saved)


@pytest.mark.parametrize("kept", [0, 1, 7, 100, -1])
def test_truncated_weights_are_refused(saved, kept):
    weights = saved / WEIGHTS_FILE
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"is truncated or no safetensors file .*copy or download it again"):
        load_model(saved)


@pytest.mark.parametrize(
    "other",
    [{"frontend": {"n_filters": 5}}, {"backbone": {"channels": [4, 8]}}, {"backbone": {"channels": [4]}}],
)
def test_weights_of_another_architecture_are_refused(saved, tmp_path, other):
    elsewhere = save_model(small_model(**other), tmp_path / "other")
    (elsewhere / WEIGHTS_FILE).replace(saved / WEIGHTS_FILE)
    with pytest.raises(
        ModelError, match=r"another architecture than config\.json describes \(.+\); save both"
    ):
        load_model(saved)


def test_weights_that_are_not_finite_are_refused(saved):
    weights = load_file(saved / WEIGHTS_FILE)
    weights["frontend.position.theta"][0] = float("nan")
    save_file(weights, saved / WEIGHTS_FILE)
    with pytest.raises(
        ModelError, match=r"frontend\.position\.theta .*not finite; train or download it again"
    ):
        load_model(saved)


@pytest.mark.parametrize("name", [CONFIG_FILE, WEIGHTS_FILE])
def test_a_missing_file_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(ModelError, match=rf"{name} does not exist; a saved model is a folder with"):
        load_model(saved)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["treshold"], 0.5, "unknown setting 'treshold', check its spelling"),
        (["frontend", "nfilters"], 4, r"unknown setting 'frontend\.nfilters', check its spelling"),
        (
            ["frontend", "n_filters"],
            0,
            r"frontend\.n_filters: input should be greater than or equal to 1, got 0",
        ),
        (["frontend", "order"], 0, r"frontend\.order.*greater than or equal to 1, got 0"),
        (["frontend", "scale"], "bark", r"frontend\.scale: input should be 'mel'.* got 'bark'"),
        (["frontend", "bandwidth_rule"], -1, r"frontend\.bandwidth_rule.*greater than 0, got -1"),
        (
            ["frontend", "learnable"],
            ["gain"],
            r"'center_frequencies', 'bandwidths', 'gains' or 'compression', got 'gain'",
        ),
        (["frontend", "f_max"], 600, r"f_max must be at most half the sample rate \(500 Hz\), got 600 Hz"),
        (["frontend", "f_min"], 450, "0 <= f_min < f_max, got 450 and 400 Hz"),
        (
            ["preprocessing", "f_high"],
            500,
            r"preprocessing: f_low and f_high must satisfy .* got 25 and 500 Hz",
        ),
        (["frontend", "kind"], "mel", r"frontend\.kind must be one of 'gammatone', 'log-mel'.*, got 'mel'"),
        (["frontend", "kind"], "mfcc", r"unknown setting 'frontend\.n_filters', check its spelling"),
        (["frontend"], {"kind": "sinc", "f_max": 600}, r"half the sample rate \(500 Hz\), got 600 Hz"),
        (["backbone"], {"kind": "branched"}, "go together: .* got 'gammatone' and 'branched'"),
        (["backbone", "channels"], [4, "x"], r"backbone\.channels\.1: input should be a valid integer"),
        (["threshold"], 1.5, "threshold: input should be less than or equal to 1, got 1.5"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(saved, path, value, message):
    config = json.loads((saved / CONFIG_FILE).read_text())
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (saved / CONFIG_FILE).write_text(json.dumps(config))
    with pytest.raises(ModelError, match=rf"config\.json: .*{message}") as caught:
        load_model(saved)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00"])
def test_a_config_that_is_no_json_is_refused(saved, content):
    (saved / CONFIG_FILE).write_bytes(content)
    with pytest.raises(ModelError, match=r"config\.json is not JSON .*save the model again"):
        load_model(saved)


def test_the_default_model_is_the_one_whose_result_is_on_record():
    """The book's weights: small, loadable, and with the filters that the run's history ended on."""
    assert sum(path.stat().st_size for path in DEFAULT_MODEL.iterdir()) < 2_000_000
    model = load_model(DEFAULT_MODEL)
    (run,) = [
        result
        for result in results.load_results()
        if (result["experiment"], result["split"], result["seed"]) == ("learned-16", "paper-fold-0", 0)
    ]
    assert model.config.threshold == run["threshold"]
    recorded = SpectNetConfig.model_validate(run["config"]["model"])
    assert model.config == recorded.model_copy(update={"threshold": run["threshold"]})
    best = run["history"][run["best_epoch"] - 1]
    for name, values in (
        ("center_frequencies", model.frontend.center_frequencies),
        ("bandwidths", model.frontend.bandwidths),
    ):
        assert values.tolist() == pytest.approx(best[name], abs=0.006)  # recorded to 0.01 Hz
