# Gives the probability of normal: everything it learned points the other way.
# loses: 9
# hint: Is it the probability of abnormal
# %% predict
def predict(waveform, state):
    numbers = (describe(waveform) - state["mean"]) / state["spread"]
    logit = float(numbers @ state["weights"] + state["bias"][0])
    return float(1 / (1 + np.exp(np.clip(logit, -30, 30))))
