"""A recording's score is the mean of its segments', from any file, and dropout has no say in it."""

import math

import numpy as np
import pytest
import soundfile
import torch

from spectnet.evaluation import predict, score_recordings, score_segments
from spectnet.model import DEFAULT_MODEL, SpectNet, SpectNetConfig, load_model
from spectnet.recordings import UNLABELLED, HeartStates, Recording, RecordingError
from spectnet.results import load_results
from spectnet.segments import Preprocessing, SegmentDataset


def cut(recordings: list[Recording], hop_s: float | None = None) -> SegmentDataset:
    return SegmentDataset(recordings, Preprocessing(), segment_s=1.0, hop_s=hop_s)


def test_a_segments_score_is_its_probability_of_abnormal(tiny_model, hearts):
    dataset = cut(hearts[:2])
    scores = score_segments(tiny_model, dataset)
    with torch.no_grad():
        by_hand = [tiny_model(dataset[i][0][None]).softmax(-1)[0, 1].item() for i in range(len(dataset))]
    np.testing.assert_allclose(scores, by_hand, rtol=1e-4)
    assert len(set(scores.round(6))) > 1


def test_batches_do_not_matter(tiny_model, hearts, monkeypatch):
    dataset = cut(hearts[:4])
    whole = score_segments(tiny_model, dataset)
    monkeypatch.setattr("spectnet.evaluation.BATCH_SIZE", 3)
    np.testing.assert_allclose(score_segments(tiny_model, dataset), whole, rtol=1e-4)


@pytest.mark.parametrize("training", [True, False])
def test_dropout_and_batch_statistics_have_no_say_and_the_mode_comes_back(tiny_model, hearts, training):
    dataset = cut(hearts[:2])
    expected = score_segments(tiny_model.eval(), dataset)
    state = {name: value.clone() for name, value in tiny_model.state_dict().items()}
    tiny_model.train(training)
    np.testing.assert_array_equal(score_segments(tiny_model, dataset), expected)
    assert tiny_model.training == training
    assert all(torch.equal(value, state[name]) for name, value in tiny_model.state_dict().items())


def test_dropout_left_on_makes_scores_random_and_leaves_the_model_as_it_was(tiny_model, hearts):
    dataset = cut(hearts[:2])
    expected = score_segments(tiny_model, dataset)
    state = {name: value.clone() for name, value in tiny_model.state_dict().items()}
    torch.manual_seed(1)
    first = score_segments(tiny_model, dataset, dropout_at_test=True)
    second = score_segments(tiny_model, dataset, dropout_at_test=True)
    assert not np.allclose(first, second)
    torch.manual_seed(1)
    np.testing.assert_array_equal(score_segments(tiny_model, dataset, dropout_at_test=True), first)
    np.testing.assert_array_equal(score_segments(tiny_model, dataset), expected)
    # Batch statistics are the trained ones also then: only dropout differs.
    assert all(torch.equal(value, state[name]) for name, value in tiny_model.state_dict().items())


def test_half_precision_moves_a_score_by_its_rounding_and_no_more(tiny_model, hearts):
    """bf16 keeps 8 bits: a logit near 1 moves by some thousandths."""
    dataset = cut(hearts[:4])
    whole, half = score_segments(tiny_model, dataset), score_segments(tiny_model, dataset, precision="bf16")
    assert 0 < np.abs(whole - half).max() < 0.02


def test_a_front_end_without_frequencies_predicts_too(hearts):
    torch.manual_seed(0)
    settings = {"frontend": {"n_filters": 4}, "backbone": {"channels": [4, 6]}, "segment_s": 1.0}
    model = SpectNet(SpectNetConfig.model_validate(settings)).eval()
    expected = predict(model, hearts[0])

    class WithoutFrequencies(torch.nn.Module):
        """As a free FIR: the same picture, and no centre frequency to put beside it."""

        def __init__(self, frontend: torch.nn.Module) -> None:
            super().__init__()
            self.bank, self.center_frequencies = frontend, None
            self.hop_length, self.sample_rate = frontend.hop_length, frontend.sample_rate

        def forward(self, waveform: torch.Tensor) -> torch.Tensor:
            return self.bank(waveform)

    model.frontend = WithoutFrequencies(model.frontend)
    found = predict(model, hearts[0])
    assert found.center_frequencies is None
    np.testing.assert_array_equal(found.log_energy, expected.log_energy)


def test_a_recordings_score_is_the_mean_of_its_own_segments(hearts):
    long, short = hearts[0], Recording("short", 0, "x", samples=hearts[1].samples[:4200], sample_rate=2000)
    dataset = cut([long, short])
    assert dataset.recording_index.tolist() == [0, 0, 0, 0, 1, 1]
    scores = score_recordings(dataset, np.array([0.0, 0.2, 0.4, 1.0, 0.3, 0.5]))
    assert scores.tolist() == pytest.approx([0.4, 0.4])


def test_a_recording_without_a_segment_has_no_score(hearts):
    states = HeartStates(np.array([0.1]), ("S1",))  # one S1 is no whole beat
    lonely = Recording("lonely", 0, "x", samples=hearts[0].samples, sample_rate=2000, states=states)
    dataset = SegmentDataset([hearts[0], lonely], Preprocessing(), segment_s=1.0, cut="beats")
    with pytest.raises(ValueError, match="1 recordings have no segment, such as lonely; leave them out"):
        score_recordings(dataset, np.zeros(len(dataset)))


def test_a_prediction_holds_what_the_model_heard_and_said(tiny_model, hearts):
    found = predict(tiny_model, hearts[0], hop_s=0.5)
    assert found.starts.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    np.testing.assert_allclose(found.probabilities, score_segments(tiny_model, cut(hearts[:1], hop_s=0.5)))
    assert found.score == pytest.approx(found.probabilities.mean())
    assert (len(found.waveform), found.sample_rate, found.segment_s) == (4000, 1000, 1.0)
    assert found.log_energy.shape == (4, 1 + (4000 - 25) // 10)
    assert found.hop_s == 0.01
    expected = tiny_model.frontend.center_frequencies.tolist()
    assert found.center_frequencies.tolist() == pytest.approx(expected)


@pytest.mark.parametrize(("threshold", "abnormal"), [(0.0, True), (1.0, False)])
def test_the_models_threshold_decides(tiny_model, hearts, threshold, abnormal):
    tiny_model.config = tiny_model.config.model_copy(update={"threshold": threshold})
    found = predict(tiny_model, hearts[0])
    assert (found.threshold, found.abnormal) == (threshold, abnormal)


def test_the_threshold_itself_is_abnormal(tiny_model, hearts):
    score = predict(tiny_model, hearts[0]).score
    tiny_model.config = tiny_model.config.model_copy(update={"threshold": score})
    assert predict(tiny_model, hearts[0]).abnormal


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [(44100, 2, "PCM_24"), (8000, 1, "PCM_U8"), (4000, 1, "FLOAT"), (2000, 3, "PCM_16"), (1000, 1, "PCM_32")],
)
def test_the_file_format_hardly_changes_the_score(tiny_model, hearts, tmp_path, rate, channels, subtype):
    """A tone that every format holds, so that only rate, channels and rounding differ."""
    time = np.arange(3 * rate) / rate
    sound = 0.5 * np.sin(2 * math.pi * 60 * time) * (1 + np.sin(2 * math.pi * 1.2 * time)) / 2
    path = tmp_path / "heart.wav"
    soundfile.write(path, np.stack([sound] * channels, axis=1), rate, subtype=subtype)

    def score(recording: Recording) -> float:
        return predict(tiny_model, recording, hop_s=1.0).score

    exact = score(Recording("exact", UNLABELLED, "x", samples=sound, sample_rate=rate))
    file = Recording("heart.wav", UNLABELLED, "x", path=path)
    if channels > 1:
        with pytest.warns(UserWarning, match=f"{channels} channels; their average is used"):
            assert score(file) == pytest.approx(exact, abs=2e-3)
    else:
        assert score(file) == pytest.approx(exact, abs=2e-2)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(4000), "x is silent"),
        (np.full(4000, np.nan), "NaN or infinite"),
        (np.sin(np.arange(900)), r"x lasts 0\.90 s, less than one segment of 1 s"),
        (np.sin(np.arange(9)), r"x: the recording lasts 0\.009 s, too short"),
        (np.sin(2 * np.pi * 2.0 * np.arange(4000) / 1000) + 1.0, "x: .*nothing between 25 and 400 Hz"),
    ],
)
def test_what_holds_no_heart_is_refused(tiny_model, samples, message):
    recording = Recording("x", UNLABELLED, "x", samples=samples.astype(np.float32), sample_rate=1000)
    with pytest.raises(RecordingError, match=message):
        predict(tiny_model, recording)


@pytest.mark.real
def test_the_books_model_gives_real_recordings_the_scores_on_record(real_recordings):
    by_name, model = {r.name: r for r in real_recordings}, load_model(DEFAULT_MODEL)
    (run,) = [r for r in load_results() if r["threshold"] == model.config.threshold]
    halved = run["config"]["training"].get("precision", "fp32") != "fp32"
    for on_record in run["recordings"][::60]:
        score = predict(model, by_name[on_record["name"]]).score
        # A run that was scored in half precision is off by its 8 bits; `predict` computes in float32.
        assert score == pytest.approx(on_record["score"], abs=2e-2 if halved else 1e-3)


@pytest.mark.real
def test_every_whole_segment_of_a_real_recording_is_scored(tiny_model, real_recordings):
    samples, rate = real_recordings[0].read()
    found = predict(tiny_model, real_recordings[0])
    assert len(found.probabilities) == len(samples) // rate
    assert ((found.probabilities > 0) & (found.probabilities < 1)).all()


def test_by_default_a_recording_is_scored_as_in_evaluation(hearts):
    torch.manual_seed(0)
    model = SpectNet(
        SpectNetConfig.model_validate({"backbone": {"channels": [4, 6]}, "segment_s": 1.5})
    ).eval()
    dataset = SegmentDataset(hearts[:1], model.config.preprocessing, segment_s=1.5)
    found = predict(model, hearts[0])
    np.testing.assert_allclose(found.probabilities, score_segments(model, dataset), atol=1e-6)
    np.testing.assert_allclose(found.starts, 1.5 * np.arange(len(dataset)))


def test_every_class_is_averaged_as_one_would_be(hearts):
    dataset = cut(hearts[:3])
    scores = np.random.default_rng(0).random((len(dataset), 4))
    together = score_recordings(dataset, scores)
    for column, mean in zip(scores.T, together.T, strict=True):
        np.testing.assert_allclose(mean, score_recordings(dataset, column))
