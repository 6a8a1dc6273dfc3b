"""A file that cannot be used says what is wrong, where, and what to do; all others read alike."""

import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spectnet.recordings import HeartStates, Recording, RecordingError, check_waveform, read_audio

RATE = 2000


@pytest.fixture
def tone() -> np.ndarray:
    """One second of 50 Hz at half of full scale."""
    return (0.5 * np.sin(2 * np.pi * 50 * np.arange(RATE) / RATE)).astype(np.float32)


@pytest.fixture
def wav(tmp_path: Path, tone: np.ndarray) -> Path:
    """The tone as a 16-bit WAV."""
    soundfile.write(tmp_path / "a0001.wav", tone, RATE, subtype="PCM_16")
    return tmp_path / "a0001.wav"


@pytest.mark.parametrize(
    ("subtype", "step"),
    [
        ("PCM_U8", 2**-7),
        ("PCM_16", 2**-15),
        ("PCM_24", 2**-23),
        ("PCM_32", 2**-24),
        ("FLOAT", 0),
        ("DOUBLE", 0),
    ],
)
def test_every_width_of_sample_reads_to_within_its_own_step(tmp_path: Path, tone, subtype: str, step: float):
    soundfile.write(tmp_path / "tone.wav", tone, RATE, subtype=subtype)
    waveform, sample_rate = read_audio(tmp_path / "tone.wav")
    assert sample_rate == RATE
    assert waveform.dtype == np.float32
    np.testing.assert_allclose(waveform, tone, atol=step, rtol=0)


@pytest.mark.parametrize("sample_rate", [1000, 4000, 44100, 48000])
def test_sample_rate_comes_from_the_file(tmp_path: Path, tone, sample_rate: int):
    soundfile.write(tmp_path / "tone.wav", tone, sample_rate)
    assert read_audio(tmp_path / "tone.wav")[1] == sample_rate


def test_flac_of_the_same_samples_reads_like_wav(tmp_path: Path, wav: Path):
    samples, _ = read_audio(wav)
    soundfile.write(tmp_path / "tone.flac", samples, RATE, subtype="PCM_16")
    np.testing.assert_array_equal(read_audio(tmp_path / "tone.flac")[0], samples)


def test_stereo_is_averaged_with_a_warning(tmp_path: Path, tone):
    soundfile.write(tmp_path / "stereo.wav", np.stack([tone, 0 * tone], axis=1), RATE, subtype="FLOAT")
    with pytest.warns(UserWarning, match=r"stereo\.wav has 2 channels; their average is used"):
        waveform, _ = read_audio(tmp_path / "stereo.wav")
    np.testing.assert_allclose(waveform, tone / 2)


def test_mono_reads_without_a_warning(wav: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        waveform, rate = read_audio(wav)
    assert (waveform.shape, rate) == ((2000,), RATE)


def test_truncated_wav_is_refused_with_both_lengths(wav: Path):
    whole = wav.read_bytes()
    wav.write_bytes(whole[: 44 + 2 * 1200])  # the header of a plain WAV has 44 bytes
    with pytest.raises(
        RecordingError,
        match=r"a0001\.wav is truncated: its header promises 2000 samples, the file holds 1200; .*fetch ",
    ):
        read_audio(wav)


def test_truncated_stereo_counts_samples_of_one_channel(tmp_path: Path, tone):
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([tone, tone], axis=1), RATE, subtype="PCM_24")
    path.write_bytes(path.read_bytes()[: 6 * -500])
    with pytest.raises(RecordingError, match="promises 2000 samples, the file holds 1500"):
        read_audio(path)


def test_truncation_is_seen_behind_other_chunks(wav: Path):
    whole = wav.read_bytes()
    note = b"LIST" + struct.pack("<I", 5) + b"abcde\0"  # an odd size is followed by one filling byte
    wav.write_bytes(whole[:12] + note + whole[12:-100])
    with pytest.raises(RecordingError, match="promises 2000 samples, the file holds 1950"):
        read_audio(wav)


def test_chunks_behind_the_samples_do_no_harm(wav: Path, tone):
    before = read_audio(wav)[0]
    wav.write_bytes(wav.read_bytes() + b"LIST" + struct.pack("<I", 4) + b"note")
    np.testing.assert_array_equal(read_audio(wav)[0], before)


def test_wav_from_a_pipe_has_no_promise_to_keep(wav: Path):
    before = read_audio(wav)[0]
    whole = bytearray(wav.read_bytes())
    whole[40:44] = struct.pack("<I", 0xFFFFFFFF)
    wav.write_bytes(whole)
    np.testing.assert_array_equal(read_audio(wav)[0], before)


def test_truncated_flac_is_refused(tmp_path: Path):
    path = tmp_path / "noise.flac"
    soundfile.write(path, np.random.default_rng(0).uniform(-1, 1, 20 * RATE), RATE)
    path.write_bytes(path.read_bytes()[:20000])
    with pytest.raises(RecordingError, match=r"noise\.flac"):
        read_audio(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"<html>404 Not Found</html>" * 20, "cannot be read as sound"),
        (b"RIFF", "cannot be read as sound"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "cannot be read as sound"),
    ],
)
def test_file_without_sound_says_what_to_do(tmp_path: Path, content: bytes, message: str):
    path = tmp_path / "a0001.wav"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=rf"a0001\.wav {message}.*spectnet fetch`"):
        read_audio(path)


def test_header_without_samples_is_refused(wav: Path):
    soundfile.write(wav, np.zeros(0, np.float32), RATE)
    with pytest.raises(RecordingError, match=r"a0001\.wav holds no samples"):
        read_audio(wav)


@pytest.mark.parametrize("name", ["nothing.wav", "."])
def test_missing_file_is_named(tmp_path: Path, name: str):
    with pytest.raises(RecordingError, match="does not exist or is a folder; check the name"):
        read_audio(tmp_path / name)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_sample_that_is_not_finite_is_located(tmp_path: Path, tone, value: float):
    tone[[700, 900]] = value
    soundfile.write(tmp_path / "tone.wav", tone, RATE, subtype="FLOAT")
    with pytest.raises(
        RecordingError,
        match=r"tone\.wav holds 2 of 2000 samples that are NaN or infinite, the first at sample 700",
    ):
        read_audio(tmp_path / "tone.wav")


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_silence_is_refused_even_with_an_offset(level: float):
    with pytest.raises(
        RecordingError, match=f"a0001 is silent: all 100 samples are {level:g}; check the mic"
    ):
        check_waveform(np.full(100, level, np.float32), "a0001")


def test_two_axes_are_refused():
    with pytest.raises(RecordingError, match=r"a0001 must have one axis, time, got shape \(2, 100\)"):
        check_waveform(np.ones((2, 100), np.float32), "a0001")


def test_sound_passes_unchanged(tone):
    assert check_waveform(tone, "tone") is tone


def test_recording_reads_alike_from_file_and_from_memory(wav: Path):
    from_file, sample_rate = Recording("a0001", 0, "a", path=wav).read()
    in_memory = Recording("a0001", 0, "a", samples=from_file.astype(np.float64), sample_rate=sample_rate)
    again, same_rate = in_memory.read()
    np.testing.assert_array_equal(again, from_file)
    assert again.dtype == np.float32
    assert same_rate == sample_rate


def test_recording_without_a_sound_is_refused():
    with pytest.raises(RecordingError, match="a0001 has neither a file nor samples"):
        Recording("a0001", 0, "a").read()


def test_states_are_found_by_name():
    states = HeartStates(np.array([0.0, 0.1, 0.35, 0.45, 0.8]), ("S1", "systole", "S2", "diastole", "S1"))
    np.testing.assert_array_equal(states.of("S1"), [0.0, 0.8])
    assert states.of("noise").size == 0


@pytest.mark.real
def test_every_real_recording_reads_without_complaint(real_recordings: list[Recording]):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lengths = [len(waveform) for waveform, rate in (r.read() for r in real_recordings) if rate == RATE]
    assert len(lengths) == 3240
    assert sum(lengths) / RATE / 3600 == pytest.approx(20.2, abs=0.05)  # hours, as published
