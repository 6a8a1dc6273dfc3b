"""torchaudio works with or without its compiled part, and is the real one where that loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from spectnet import _torchaudio
from spectnet._torchaudio import torchaudio

ROOT = Path(__file__).resolve().parents[1]


def run(code: str) -> str:
    """Standard output of `code` in a Python of its own, whose torchaudio nobody has imported yet."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_mel_filterbank_is_made_of_triangles() -> None:
    banks = torchaudio.functional.melscale_fbanks(129, 25.0, 400.0, 16, 1000)  # (frequencies, filters)
    peaks = banks.argmax(dim=0)
    assert banks.shape == (129, 16)
    assert (peaks.diff() > 0).all()


def test_resampling_keeps_a_tone() -> None:
    time = torch.arange(4000) / 4000
    tone = torch.sin(2 * torch.pi * 100 * time)
    resampled = torchaudio.transforms.Resample(4000, 1000)(tone)
    spectrum = torch.fft.rfft(resampled).abs()
    assert spectrum.argmax() == 100  # bins of 1 Hz


def test_transforms_have_gradients(generator: torch.Generator) -> None:
    waveform = torch.randn(1, 1000, generator=generator, requires_grad=True)
    mfcc = torchaudio.transforms.MFCC(1000, n_mfcc=5, melkwargs={"n_fft": 256, "n_mels": 16, "f_max": 400})
    mfcc(waveform).square().sum().backward()
    assert np.isfinite(waveform.grad.numpy()).all()


def test_library_that_does_not_load_leaves_the_rest() -> None:
    code = """
import torch, sys
real = torch.ops.load_library
def missing(path): raise OSError("libc10_cuda.so: cannot open shared object file")
torch.ops.load_library = missing
from spectnet import _torchaudio
assert "libc10_cuda" in _torchaudio.why_not_compiled
import torchaudio
assert torchaudio is _torchaudio.torchaudio
torchaudio.transforms.MelSpectrogram(1000, n_fft=256, n_mels=16, f_max=400)(torch.zeros(1, 500))
try:
    torchaudio.functional.forced_align(torch.zeros(1, 2, 2), torch.zeros(1, 1))
except RuntimeError as error:
    print(error)
"""
    assert run(code) == "forced_align needs torchaudio's compiled part: run `spectnet doctor`"


def test_library_that_loads_is_used() -> None:
    code = """
import sys, types, importlib
real, loads = importlib.import_module, []
whole = types.ModuleType("torchaudio")
def importing(name, *args): return whole if name == "torchaudio" else real(name, *args)
importlib.import_module = importing
from spectnet import _torchaudio
print(_torchaudio.torchaudio is whole, _torchaudio.why_not_compiled, "torchaudio._extension" in sys.modules)
"""
    assert run(code) == "True None False"


def test_reason_is_kept_for_the_doctor() -> None:
    extension = sys.modules["torchaudio._extension"]
    assert extension._IS_TORCHAUDIO_EXT_AVAILABLE == (_torchaudio.why_not_compiled is None)
