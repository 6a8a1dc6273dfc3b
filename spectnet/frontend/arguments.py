"""What every front-end asks of its arguments, so that all refuse the same mistakes in the same words."""

from __future__ import annotations

from torch import Tensor

from spectnet import scales


def frequency_range(sample_rate: float, f_min: float, f_max: float | None) -> tuple[float, float]:
    """The range in Hz, checked; its upper edge is 0.4 of the sample rate unless given.

    Raises:
        ValueError: a range upside down, or above Nyquist.
    """
    f_max = 0.4 * sample_rate if f_max is None else f_max
    scales.check_range(f_min, f_max, sample_rate)
    return float(f_min), float(f_max)


def samples_in(name: str, seconds: float, sample_rate: float) -> int:
    """Whole samples in `seconds`; `name` is the argument's, for the error.

    Raises:
        ValueError: less than one sample.
    """
    samples = round(seconds * sample_rate)
    if samples < 1:
        raise ValueError(f"{name} must span at least one sample at {sample_rate:g} Hz, got {seconds:g} s")
    return samples


def check_floor(floor: float) -> None:
    """Raise ValueError unless the energy that silence is drawn with is zero or more."""
    if not floor >= 0:  # true for NaN too
        raise ValueError(f"floor must not be negative, got {floor:g}")


def check_odd(kernel_size: int) -> None:
    """Raise ValueError unless a filter of so many taps has one in its middle."""
    if kernel_size < 3 or kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be an odd number of taps, at least 3, got {kernel_size}")


def check_length(waveform: Tensor, window_length: int) -> None:
    """Raise ValueError unless the waveform holds a window."""
    if waveform.shape[-1] < window_length:
        raise ValueError(
            f"waveform must hold at least one window of {window_length} samples, got {waveform.shape[-1]}"
        )


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ValueError unless `value` is one of `choices`; `name` is the argument's."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
