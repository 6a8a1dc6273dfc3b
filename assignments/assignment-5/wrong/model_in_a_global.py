# Keeps the model in a global variable, which stays behind in the room where train ran.
# loses: 13
# hint: where train never ran
# %% train
from sklearn.linear_model import LogisticRegression

BANK = GammatoneSpectrogram(RATE, n_filters=12, f_min=25, f_max=400, learnable=False, algorithm="direct")
model = {}


def describe(waveform):
    samples = torch.as_tensor(np.asarray(waveform, dtype=np.float32))
    samples = samples - samples.mean()
    with torch.no_grad():
        drawn = BANK(samples[None] / (samples.std() + 1e-9))[0]
    return torch.quantile(drawn, torch.tensor([0.1, 0.5, 0.9]), dim=1).flatten().double().numpy()


def train(recordings):
    numbers = np.array([describe(recording["waveform"]) for recording in recordings])
    labels = np.array([recording["label"] for recording in recordings])
    model["fitted"] = LogisticRegression(C=0.001, max_iter=2000).fit(numbers, labels)
    return {"done": np.ones(1)}


# %% predict
def predict(waveform, state):
    return float(model["fitted"].predict_proba(describe(waveform)[None])[0, 1])
