"""The page's example: the layer in front of a model that somebody else wrote, in ten lines."""

from __future__ import annotations

import ast

import jupytext
import pytest
import torch

from tests.book.pages import ROOT


@pytest.fixture(scope="module")
def source() -> str:
    """The cell as a reader would copy it."""
    notebook = jupytext.read(ROOT / "book" / "learnable-spectrogram.md")
    (cell,) = [cell for cell in notebook.cells if "drop-in" in cell.metadata.get("tags", [])]
    return cell.source


@pytest.fixture(scope="module")
def names(source: str) -> dict:
    """What the cell leaves behind when it runs alone."""
    names: dict = {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        exec(compile(source, "learnable-spectrogram.md", "exec"), names)
    return names


def test_example_is_ten_lines(source: str) -> None:
    statements = ast.parse(source).body
    written = [one for one in statements if not isinstance(one, ast.Import | ast.ImportFrom)]
    assert all(one.lineno == one.end_lineno for one in written)
    assert len(written) == 10


def test_model_is_somebody_elses_and_reads_the_spectrogram(names: dict) -> None:
    assert type(names["reader"]).__module__.startswith("torchaudio.models")
    with torch.no_grad():
        filters, frames = names["frontend"](names["waveform"]).shape[1:]
    assert (filters, frames) == (40, 98)
    assert names["log_probabilities"].shape == (4, 10, 50)  # the model halves the frames, and rounds up
    assert torch.allclose(names["log_probabilities"].exp().sum(1), torch.ones(4, 50), atol=1e-5)


def test_gradient_reaches_every_filter_and_moves_it(names: dict) -> None:
    frontend = names["frontend"]
    for parameter in frontend.parameters():
        assert torch.isfinite(parameter.grad).all()
        assert (parameter.grad != 0).all()
    settings = {"n_filters": 40, "f_max": 7600}
    untouched = type(frontend)(frontend.sample_rate, **settings)
    assert (frontend.center_frequencies != untouched.center_frequencies).all()
    assert (frontend.bandwidths != untouched.bandwidths).all()
