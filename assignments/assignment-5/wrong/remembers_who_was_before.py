# Global state: takes the mean of all hearts heard so far away from each new one.
# loses: 2
# hint: whatever predict heard before
# %% predict
before = []


def predict(waveform, state):
    numbers = (describe(waveform) - state["mean"]) / state["spread"]
    before.append(numbers)
    logit = float((numbers - np.mean(before, axis=0)) @ state["weights"] + state["bias"][0])
    return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))
