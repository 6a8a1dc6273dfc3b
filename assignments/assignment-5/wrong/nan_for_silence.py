# Divides by the standard deviation: returns NaN for silence.
# loses: 1
# hint: Silence divides by zero
# %% predict
def predict(waveform, state):
    samples = torch.as_tensor(np.asarray(waveform, dtype=np.float32))
    samples = (samples - samples.mean()) / samples.std()
    with torch.no_grad():
        drawn = BANK(samples[None])[0]
    numbers = torch.quantile(drawn, torch.tensor([0.1, 0.5, 0.9]), dim=1).flatten().double().numpy()
    logit = float((numbers - state["mean"]) / state["spread"] @ state["weights"] + state["bias"][0])
    return float(1 / (1 + np.exp(-logit)))
