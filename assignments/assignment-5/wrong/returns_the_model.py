# Returns the fitted model itself, which would have to be pickled.
# loses: 15
# hint: no model, no text
# %% train
from sklearn.linear_model import LogisticRegression

BANK = GammatoneSpectrogram(RATE, n_filters=12, f_min=25, f_max=400, learnable=False, algorithm="direct")


def describe(waveform):
    with torch.no_grad():
        drawn = BANK(torch.as_tensor(np.asarray(waveform, dtype=np.float32))[None])[0]
    return drawn.mean(dim=1).double().numpy()


def train(recordings):
    numbers = np.array([describe(recording["waveform"]) for recording in recordings])
    labels = np.array([recording["label"] for recording in recordings])
    return {"model": LogisticRegression(max_iter=2000).fit(numbers, labels)}


# %% predict
def predict(waveform, state):
    return float(state["model"].predict_proba(describe(waveform)[None])[0, 1])
