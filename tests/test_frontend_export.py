"""Compiled or exported, the layer draws the same.

Tracing would trace the shape checks too, so it is done in processes without them.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMPILED = """
import sys, torch
from spectnet.frontend import GammatoneSpectrogram

backend, waveform, longer = sys.argv[1], torch.randn(2, 200), torch.randn(2, 333)
cases = [{}]
if backend == "aot_eager":
    everything = ("center_frequencies", "bandwidths", "gains", "compression")
    cases = [{"order": (1, 4, 8), "learnable": everything, "compression": "pcen", "normalisation": "mean"}]
    cases += [{"parametrisation": "hertz", "compression": "power"}, {"algorithm": "direct"}]
for settings in cases:
    torch._dynamo.reset()
    layer = GammatoneSpectrogram(1000, 3, **settings)
    compiled = torch.compile(layer, backend=backend, fullgraph=True)
    weights = torch.randn_like(layer(waveform))

    def gradients(draw):
        layer.zero_grad()
        (draw(waveform) * weights).sum().backward()
        return [p.grad.clone() for p in layer.parameters() if p.requires_grad]

    torch.testing.assert_close(compiled(waveform), layer(waveform), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gradients(compiled), gradients(layer), rtol=1e-3, atol=1e-5)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter -= 0.3  # it learns, and no graph holds a value of before
    torch.testing.assert_close(compiled(waveform), layer(waveform), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(compiled(longer), layer(longer), rtol=1e-4, atol=1e-5)
"""

EXPORTED = """
import sys, onnxruntime, torch
from spectnet.frontend import Cepstrum, GammatoneSpectrogram
from spectnet.model import DEFAULT_MODEL, load_model

torch.manual_seed(0)
learned = GammatoneSpectrogram(1000, 4)
with torch.no_grad():
    learned.log_bandwidth.theta -= 2.0  # narrow filters, which ring long
front_ends = [
    Cepstrum(GammatoneSpectrogram(1000, 4, order=(1, 4, 2, 8), scale="erb", tolerance=0), 3, deltas=2),
    GammatoneSpectrogram(1000, 4, compression="pcen", normalisation="standard", learnable="gains"),
    GammatoneSpectrogram(1000, 4, compression="power", floor=1e-10),
    GammatoneSpectrogram(1000, 4, parametrisation="hertz", floor=1e-12, algorithm="fft"),
    learned,
    load_model(DEFAULT_MODEL),
]
waveform = torch.randn(2, 700)
for number, front_end in enumerate(front_ends):
    front_end.eval()
    dimensions = ({0: "batch", 1: "time"},)
    program = torch.onnx.export(front_end, (waveform,), dynamo=True, dynamic_shapes=dimensions, verbose=False)
    path = f"{sys.argv[1]}/{number}.onnx"
    program.save(path)
    session = onnxruntime.InferenceSession(path)
    tone = 0.5 * torch.sin(torch.arange(600) / 3)[None]
    for other in (waveform, torch.randn(5, 500), torch.zeros(3, 700), torch.randn(1, 2500), tone):
        drawn = session.run(None, {session.get_inputs()[0].name: other.numpy()})[0]
        expected = front_end(other).detach()
        torch.testing.assert_close(torch.from_numpy(drawn), expected, rtol=1e-4, atol=1e-4)
"""


def run(code: str, *arguments: str) -> None:
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=290)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.timeout(300)  # half a minute on a machine of its own
@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_compiled_in_one_graph_it_draws_and_learns_the_same(backend):
    if backend == "inductor" and not any(map(shutil.which, ("c++", "g++", "clang++", "cl"))):
        pytest.skip("no C++ compiler, which PyTorch's own backend calls")
    run(COMPILED, backend)


@pytest.mark.timeout(300)
def test_exported_to_onnx_it_draws_the_same(tmp_path: Path):
    """For any batch and length, and for silence: ONNX's optimiser drops small added constants."""
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    run(EXPORTED, str(tmp_path))
