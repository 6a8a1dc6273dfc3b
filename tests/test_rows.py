"""Every row of the heart-sound table: its config builds, learns what it says, and is saved and loaded."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from spectnet.experiment import Experiment, load_experiment
from spectnet.frontend import FreeFIRSpectrogram
from spectnet.model import SpectNet, load_model, save_model

CONFIGS = Path(__file__).parents[1] / "configs"
BANKS = [f"{kind}-{n}" for kind in ("static", "learned") for n in (4, 8, 16)]
ROWS = ["log-mel", "mfcc", *BANKS, "free-fir-16", "branched"]
LEARNS_NOTHING = {"log-mel", "mfcc", "static-4", "static-8", "static-16"}


def row(name: str) -> Experiment:
    return load_experiment(CONFIGS / f"{name}.toml")


def fresh(name: str, seed: int = 0) -> SpectNet:
    torch.manual_seed(seed)
    return SpectNet(row(name).model)


def step(model: SpectNet, waveform: Tensor) -> None:
    """One step of training; its gradients are left to look at."""
    groups = [{"params": model.backbone.parameters()}, *model.frontend.parameter_groups(1e-2)]
    optimizer = torch.optim.AdamW(groups, lr=1e-2)
    nn.functional.cross_entropy(model(waveform), torch.arange(len(waveform)) % 2).backward()
    optimizer.step()


@pytest.fixture(params=ROWS, name="name")
def _name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_every_row_has_its_file():
    assert {path.stem for path in CONFIGS.glob("*.toml")} >= {"base", *ROWS}


def test_rows_share_data_preprocessing_and_training(name):
    ours, base = row(name), row("base")
    assert (ours.data, ours.split, ours.training) == (base.data, base.split, base.training)
    assert (ours.model.preprocessing, ours.model.segment_s) == (
        base.model.preprocessing,
        base.model.segment_s,
    )
    assert name == "branched" or ours.model.backbone == base.model.backbone


def test_a_step_moves_what_learns_and_nothing_else(name, generator):
    model, waveform = fresh(name), torch.randn(4, 2500, generator=generator)
    before = {key: parameter.detach().clone() for key, parameter in model.named_parameters()}
    step(model, waveform)
    for key, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert torch.isfinite(parameter.grad).all(), key
            assert not torch.equal(parameter, before[key]), key
        else:
            assert parameter.grad is None, key
            assert torch.equal(parameter, before[key]), key
    learning = [parameter for parameter in model.frontend.parameters() if parameter.requires_grad]
    assert bool(learning) == (name not in LEARNS_NOTHING)


def test_a_trained_row_comes_back_from_the_disk(name, tmp_path, generator):
    model, waveform = fresh(name), torch.randn(4, 2500, generator=generator)
    step(model, waveform)
    loaded = load_model(save_model(model, tmp_path))
    assert loaded.config == model.config
    assert torch.equal(loaded(waveform), model.eval()(waveform))


@pytest.mark.parametrize("n", [4, 8, 16])
def test_twins_start_with_the_same_weights(n, generator):
    """So that a difference between them is what learning made of the filters."""
    static, learned = fresh(f"static-{n}", seed=3), fresh(f"learned-{n}", seed=3)
    mine, others = static.state_dict(), learned.state_dict()
    assert list(mine) == list(others)
    assert all(torch.equal(mine[key], others[key]) for key in mine)
    waveform = torch.randn(2, 2500, generator=generator)
    with torch.no_grad():  # where gradients are wanted, another algorithm filters
        assert torch.equal(static.eval()(waveform), learned.eval()(waveform))
    assert static.frontend.n_filters == n
    assert row(f"static-{n}").model.frontend == row(f"learned-{n}").model.frontend.model_copy(
        update={"learnable": False}
    )


def test_banks_of_another_size_stand_behind_the_same_network(generator):
    """The CNN takes any number of filters: its first weights are the same, whatever it reads."""
    wide, narrow = fresh("static-16").backbone.state_dict(), fresh("static-4").backbone.state_dict()
    assert all(torch.equal(wide[key], narrow[key]) for key in wide)


def test_the_free_twin_starts_as_the_gammatones_it_is_compared_with(generator):
    waveform = torch.randn(2, 2500, generator=generator)
    free, gammatone = fresh("free-fir-16").frontend, fresh("learned-16").frontend
    assert isinstance(free, FreeFIRSpectrogram)
    # Its taps end where a gammatone has fallen by 60 dB.
    torch.testing.assert_close(free(waveform), gammatone(waveform), rtol=0, atol=0.02)
