"""torchaudio, also where its compiled part does not fit the installed torch.

The wheel on PyPI links CUDA's libraries, so ``import torchaudio`` raises `OSError` beside a torch built for
the CPU. What this book takes from it (mel filterbanks, spectrograms, MFCC, resampling, masking) is plain
Python over torch and works all the same. So import it from here::

    from spectnet._torchaudio import torchaudio

Without the compiled part ``torchaudio.functional.lfilter`` is a slow Python loop whose gradient fails, and
forced alignment is missing; `spectnet doctor` says which of the two you have.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn


def _unavailable(function: Callable[..., Any]) -> Callable[..., NoReturn]:
    def fail(*args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(f"{function.__name__} needs torchaudio's compiled part: run `spectnet doctor`")

    return fail


def _extension_stub() -> ModuleType:
    """What ``torchaudio._extension`` offers the rest of torchaudio where nothing was compiled."""
    stub = ModuleType("torchaudio._extension")
    names = {
        "_IS_TORCHAUDIO_EXT_AVAILABLE": False,
        "_IS_ALIGN_AVAILABLE": False,
        "fail_if_no_align": _unavailable,
    }
    vars(stub).update(names)
    return stub


def load_torchaudio() -> tuple[ModuleType, str | None]:
    """Import torchaudio, without its compiled part if it must be.

    Returns:
        The module, and why its compiled part could not be loaded (None where it was).

    Raises:
        ImportError: torchaudio is not installed.
    """
    try:
        return importlib.import_module("torchaudio"), None
    except (OSError, RuntimeError) as error:  # RuntimeError: built for another CUDA than torch
        reason = str(error)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
        del sys.modules[name]  # what the broken import left behind
    sys.modules["torchaudio._extension"] = _extension_stub()
    return importlib.import_module("torchaudio"), reason


torchaudio, why_not_compiled = load_torchaudio()
