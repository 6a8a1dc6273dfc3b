"""Make of each segment another that could have been recorded: louder, by another device, in a noisier room.

All of it works on a whole batch at once, on the batch's device, with random numbers from one generator.
The order is the order of a recording's way: the heart (`speed`), the moment (`shift_s`), the device
(`colour_db`), the room (`noise_snr_db`), the converter (`requantise_bits`), the amplifier (`gain_db`).
`mask_spectrogram` then hides filters and frames of the spectrogram.

Taught in *Training on a GPU*.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor

from spectnet._torchaudio import torchaudio
from spectnet.settings import Settings

KNOTS = 7  # of the random curve of gain over frequency
LOWEST_KNOT = 20.0  # Hz; below, the curve is flat
NOISE_RANGE_DB = 30.0  # how far above the lowest signal-to-noise ratio the drawn ones reach

Waveform = Float[Tensor, "batch time"]


class AugmentationConfig(Settings):
    """What is changed at random, and how far; all of it is off by default.

    Attributes:
        gain_db: each segment's level changes by up to so much, up or down.
        colour_db: gain over log frequency bends by up to so much at seven knots, as with another device.
        noise_snr_db: noise within a random band of an octave or more joins half of the segments, at a
            signal-to-noise ratio between this and 30 dB above it; None for no noise.
        shift_s: a segment moves by up to so many seconds; what leaves at one end is mirrored at the other.
            With ``crop_hop_s = 0`` crops begin anywhere anyway.
        speed: heart rate and pitch change by up to this share, 0.1 for 10 %.
        requantise_bits: fewest and most bits to round to, with dither; None keeps the samples.
        filter_mask: widest band of filters that is hidden, in filters.
        time_mask_s: longest stretch of frames that is hidden, in seconds.
        n_masks: how many of each.
    """

    gain_db: float = Field(0.0, ge=0, le=40)
    colour_db: float = Field(0.0, ge=0, le=40)
    noise_snr_db: float | None = Field(None, ge=-20, le=80)
    shift_s: float = Field(0.0, ge=0)
    speed: float = Field(0.0, ge=0, le=0.5)
    requantise_bits: tuple[float, float] | None = None
    filter_mask: int = Field(0, ge=0)
    time_mask_s: float = Field(0.0, ge=0)
    n_masks: int = Field(2, ge=1)

    @model_validator(mode="after")
    def _check_bits(self) -> AugmentationConfig:
        if self.requantise_bits and not 2 <= self.requantise_bits[0] <= self.requantise_bits[1] <= 24:
            raise ValueError(
                "requantise_bits must be the fewest and the most bits, 2 <= fewest <= most <= 24, "
                f"got {self.requantise_bits}"
            )
        return self


def _uniform(batch: Tensor, low: float, high: float, generator: torch.Generator | None) -> Tensor:
    """One number a segment, ``(batch, 1)``."""
    draw = torch.rand(len(batch), 1, device=batch.device, generator=generator)
    return low + (high - low) * draw


def change_gain(waveform: Waveform, gain_db: float, generator: torch.Generator | None = None) -> Waveform:
    """Make each segment louder or softer by up to `gain_db`."""
    return waveform * 10 ** (_uniform(waveform, -gain_db, gain_db, generator) / 20)


def move(
    waveform: Waveform, *, speed: float = 0.0, shift: float = 0.0, generator: torch.Generator | None = None
) -> Waveform:
    """Play each segment faster or slower around its middle, and move it in time.

    Between samples it is interpolated (linear); beyond an end it is mirrored there.

    Args:
        waveform: ``(batch, time)``.
        speed: widest change, as a share.
        shift: widest move in samples; a whole number is drawn.
        generator: of the random numbers.
    """
    last = waveform.shape[1] - 1
    rate = 1 + _uniform(waveform, -speed, speed, generator)
    delay = _uniform(waveform, -shift, shift, generator).round()
    time = torch.arange(last + 1, device=waveform.device)
    place = (time - last / 2) * rate + last / 2 - delay  # (batch, time)
    place = last - (last - place.abs()).abs()  # mirrored at either end
    left = place.floor().clamp(0, last - 1)
    index = left.long()
    return torch.lerp(waveform.gather(1, index), waveform.gather(1, index + 1), place - left)


def _octaves(n: int, sample_rate: float, device: torch.device) -> Float[Tensor, " bins"]:
    """Place of each bin of a spectrum, in octaves above the lowest knot."""
    frequencies = torch.fft.rfftfreq(n, 1 / sample_rate, device=device)
    return torch.log2(frequencies.clamp(min=1e-3) / LOWEST_KNOT)


def _device_gain(
    waveform: Waveform, octaves: Float[Tensor, " bins"], colour_db: float, generator: torch.Generator | None
) -> Float[Tensor, "batch bins"]:
    """Random gain, in dB linear between knots that lie evenly over log frequency."""
    draw = torch.rand(len(waveform), KNOTS, device=waveform.device, generator=generator)
    knots = colour_db * (2 * draw - 1)
    place = octaves.clamp(min=0) / octaves[-1] * (KNOTS - 1)
    left = place.long().clamp(max=KNOTS - 2)
    return 10 ** (torch.lerp(knots[:, left], knots[:, left + 1], place - left) / 20)


def _room_noise(
    spectrum: Tensor, octaves: Float[Tensor, " bins"], snr_db: float, generator: torch.Generator | None
) -> Tensor:
    """Noise for half of the segments, each in its own band, as complex ``(batch, bins)``."""
    highest = float(octaves[-1])
    width = _uniform(spectrum, 1, highest, generator)
    low = _uniform(spectrum, 0, 1, generator) * (highest - width)
    inside = (octaves >= low) & (octaves <= low + width)  # (batch, bins)
    noise = torch.randn(*spectrum.shape, 2, device=spectrum.device, generator=generator)
    noise = noise * inside[..., None]  # real and imaginary part
    power, noise_power = (x.square().sum(dim=(1, 2)) for x in (torch.view_as_real(spectrum), noise))
    snr = _uniform(spectrum, snr_db, snr_db + NOISE_RANGE_DB, generator)
    level = (power / noise_power.clamp(min=1e-9)).sqrt()[:, None] * 10 ** (-snr / 20)
    joins = _uniform(spectrum, 0, 1, generator) < 0.5
    return torch.view_as_complex(noise * (level * joins)[..., None])


def change_spectrum(
    waveform: Waveform,
    sample_rate: float,
    *,
    colour_db: float = 0.0,
    noise_snr_db: float | None = None,
    generator: torch.Generator | None = None,
) -> Waveform:
    """Hear each segment through another device, in a noisier room.

    Args:
        waveform: ``(batch, time)``.
        sample_rate: in Hz.
        colour_db: how far a random curve of gain over log frequency bends, up or down.
        noise_snr_db: lowest signal-to-noise ratio of the noise; None for none. Half of the segments get
            some, each within its own band of an octave or more, up to 30 dB softer than this.
        generator: of the random numbers.
    """
    n = waveform.shape[1]
    octaves = _octaves(n, sample_rate, waveform.device)
    spectrum = torch.fft.rfft(waveform)  # (batch, bins)
    if colour_db:
        spectrum = spectrum * _device_gain(waveform, octaves, colour_db, generator)
    if noise_snr_db is not None:
        spectrum = spectrum + _room_noise(spectrum, octaves, noise_snr_db, generator)
    return torch.fft.irfft(spectrum, n=n)


def requantise(
    waveform: Waveform, bits: tuple[float, float], generator: torch.Generator | None = None
) -> Waveform:
    """Round each segment to a coarser converter's steps, with dither of one step.

    The rounding error is then noise that does not depend on the sound. Recordings of one class may have
    been stored more coarsely than those of the other; this hides it.

    Args:
        waveform: ``(batch, time)``.
        bits: fewest and most; full scale is the segment's highest peak.
        generator: of the random numbers.
    """
    step = 2 * waveform.abs().amax(1, keepdim=True) / 2 ** _uniform(waveform, *bits, generator)
    dither = torch.rand(waveform.shape, device=waveform.device, generator=generator)
    return torch.floor(waveform / step.clamp(min=1e-9) + dither) * step


@torch.no_grad()
def augment(
    waveform: Waveform,
    sample_rate: float,
    config: AugmentationConfig,
    generator: torch.Generator | None = None,
) -> Waveform:
    """Change every segment of a batch in the ways that `config` asks for, and in no other.

    Args:
        waveform: ``(batch, time)``; it is not changed.
        sample_rate: in Hz.
        config: how far.
        generator: of the random numbers, on the waveform's device; by default PyTorch's own.
    """
    if config.speed or config.shift_s:
        shift = config.shift_s * sample_rate
        waveform = move(waveform, speed=config.speed, shift=shift, generator=generator)
    if config.colour_db or config.noise_snr_db is not None:
        waveform = change_spectrum(
            waveform,
            sample_rate,
            colour_db=config.colour_db,
            noise_snr_db=config.noise_snr_db,
            generator=generator,
        )
    if config.requantise_bits:
        waveform = requantise(waveform, config.requantise_bits, generator)
    return change_gain(waveform, config.gain_db, generator) if config.gain_db else waveform


def _kept(shape: tuple[int, ...], axis: int, widest: int, n_masks: int, device: torch.device) -> Tensor:
    """One where nothing is hidden, zero within the masks."""
    kept = torch.ones(shape, device=device)
    for _ in range(n_masks):
        # torchaudio draws widths below its argument; ours is the widest itself.
        widest_plus_one = min(widest + 1, shape[axis])
        kept = torchaudio.functional.mask_along_axis_iid(kept, widest_plus_one, 0.0, axis)
    return kept


def mask_spectrogram(
    spectrogram: Float[Tensor, "batch filters frames"], frames_per_s: float, config: AugmentationConfig
) -> Float[Tensor, "batch filters frames"]:
    """Hide bands of filters and stretches of frames behind each segment's mean.

    Where and how wide is drawn from PyTorch's own random numbers, as torchaudio does. Its draws never reach
    the last filter, nor the last frame.

    Args:
        spectrogram: ``(batch, filters, frames)``, of log energies.
        frames_per_s: how many frames a second has.
        config: how wide the masks may be.

    SpecAugment, Park et al. (2019), without time warping.
    """
    n, filters, frames = spectrogram.shape
    longest = round(config.time_mask_s * frames_per_s)
    if not config.filter_mask and not longest:
        return spectrogram
    device, n_masks = spectrogram.device, config.n_masks
    kept = torch.ones(n, 1, 1, device=device)
    if config.filter_mask:
        kept = kept * _kept((n, filters, 1), 1, config.filter_mask, n_masks, device)
    if longest:
        kept = kept * _kept((n, 1, frames), 2, longest, n_masks, device)
    mean = spectrogram.mean(dim=(1, 2), keepdim=True)
    return torch.where(kept > 0, spectrogram, mean)
