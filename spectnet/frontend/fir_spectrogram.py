"""Filter, square, average, take the logarithm: what every front-end of FIR filters shares."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from spectnet import filterbank
from spectnet.frontend import arguments
from spectnet.frontend.optimiser import learning_group


class FIRSpectrogram(nn.Module):
    r"""Log energy of the outputs of a bank of finite impulse responses.

    $$S_{f,i} = \ln\Big(\epsilon + \frac{1}{W} \sum_{k=0}^{W-1} (h_f * x)_{iH + k}^2\Big)$$

    The same steps as in `GammatoneSpectrogram`, so that a comparison changes the filters alone. A front-end
    says what its filters are in `kernel`; it may put another step in place of `power`, `pool` or `compress`.

    Args:
        sample_rate: in Hz.
        n_filters: how many filters.
        look_ahead: by how many samples the response is moved to the front: half a symmetric filter's length
            takes its delay away, 0 leaves it causal. After the waveform's end there is silence.
        window_s: length of the energy window in seconds.
        hop_s: from one window to the next, in seconds.
        floor: $\epsilon$, the energy that silence is drawn with.
        algorithm: how `filterbank.filter_waveform` filters: ``"direct"``, ``"fft"`` or ``"auto"``.

    Shape:
        waveform ``(batch, time)`` to spectrogram ``(batch, n_filters, frames)``. Frame i covers samples
        ``i hop_length`` to ``i hop_length + window_length - 1`` of the filters' outputs.

    Raises:
        ValueError: no filters, an impossible window, hop or floor, an unknown algorithm; in use, a waveform
            shorter than one window.
    """

    def __init__(
        self,
        sample_rate: float,
        n_filters: int,
        *,
        look_ahead: int = 0,
        window_s: float = 0.025,
        hop_s: float = 0.010,
        floor: float = 1e-6,
        algorithm: str = "auto",
    ) -> None:
        super().__init__()
        if n_filters < 1:
            raise ValueError(f"n_filters must be at least 1, got {n_filters}")
        arguments.check_floor(floor)
        arguments.check_choice("algorithm", algorithm, ("auto", "direct", "fft"))
        self.sample_rate, self.n_filters, self.look_ahead = sample_rate, n_filters, look_ahead
        self.window_length = arguments.samples_in("window_s", window_s, sample_rate)
        self.hop_length = arguments.samples_in("hop_s", hop_s, sample_rate)
        self.floor, self.algorithm = floor, algorithm

    @property
    def center_frequencies(self) -> Float[Tensor, " filters"] | None:
        """Current centre frequencies in Hz, float64, differentiable; None where taps are free."""
        return None

    @property
    def bandwidths(self) -> Float[Tensor, " filters"] | None:
        """Current bandwidths in Hz, float64, differentiable; None where taps are free."""
        return None

    def kernel(self) -> Float[Tensor, "filters taps"]:
        """Current impulse responses, one a row."""
        raise NotImplementedError

    def filter(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters time"]:
        """The waveform as every filter hears it, at full rate."""
        return self._convolve(waveform, self.kernel())

    def _convolve(
        self, waveform: Float[Tensor, "batch time"], kernel: Float[Tensor, "rows taps"]
    ) -> Float[Tensor, "batch rows time"]:
        ahead = functional.pad(waveform, (0, self.look_ahead))
        # Other programs know a convolution better than a Fourier transform.
        algorithm = "direct" if torch.compiler.is_exporting() else self.algorithm
        filtered = filterbank.filter_waveform(ahead, kernel.to(waveform.dtype), algorithm=algorithm)
        return filtered[..., self.look_ahead :]

    def power(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters time"]:
        """Square of each filter's output."""
        return self.filter(waveform).square()

    def pool(self, power: Float[Tensor, "batch filters time"]) -> Float[Tensor, "batch filters frames"]:
        """Mean over each window."""
        return functional.avg_pool1d(power, self.window_length, self.hop_length)

    def compress(
        self, energy: Float[Tensor, "batch filters frames"]
    ) -> Float[Tensor, "batch filters frames"]:
        """Natural logarithm, with a floor under silence."""
        return torch.log(energy + self.floor)

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters frames"]:
        """Draw the spectrogram."""
        arguments.check_length(waveform, self.window_length)
        # In full precision under autocast too: half a float has no room for 80 dB of energy.
        with torch.autocast(waveform.device.type, enabled=False):
            single = waveform.float() if waveform.dtype in (torch.float16, torch.bfloat16) else waveform
            return self.compress(self.pool(self.power(single)))

    def parameter_groups(self, learning_rate: float, ratio: float = 1.0) -> list[dict[str, Any]]:
        """What learns here, as an optimiser takes it: by default at the model's own rate, as published.

        Args:
            learning_rate: of the layers behind the spectrogram.
            ratio: how many times that the filters take.
        """
        return learning_group(self, ratio * learning_rate)
