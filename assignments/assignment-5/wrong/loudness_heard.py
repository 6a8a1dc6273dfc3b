# Leaves the level in: a device that is turned down makes another heart.
# loses: 1
# hint: Take the level out
# %% train
from sklearn.linear_model import LogisticRegression

BANK = GammatoneSpectrogram(RATE, n_filters=12, f_min=25, f_max=400, learnable=False, algorithm="direct")


def describe(waveform):
    samples = torch.as_tensor(np.asarray(waveform, dtype=np.float32))
    with torch.no_grad():
        drawn = BANK(samples[None])[0]
    return torch.quantile(drawn, torch.tensor([0.1, 0.5, 0.9]), dim=1).flatten().double().numpy()


def train(recordings):
    numbers = np.array([describe(recording["waveform"]) for recording in recordings])
    labels = np.array([recording["label"] for recording in recordings])
    mean, spread = numbers.mean(axis=0), numbers.std(axis=0) + 1e-9
    fitted = LogisticRegression(C=0.05, max_iter=2000).fit((numbers - mean) / spread, labels)
    return {"mean": mean, "spread": spread, "weights": fitted.coef_[0], "bias": fitted.intercept_}
