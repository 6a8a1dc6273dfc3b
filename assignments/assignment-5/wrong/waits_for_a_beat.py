# Looks for the next beat in an endless loop, which in silence never comes.
# loses: 1
# hint: wants a number all the same
# %% predict
def predict(waveform, state):
    place = 0
    while abs(waveform[place % len(waveform)]) <= 0.5 * np.abs(waveform).max():
        place += 1
    numbers = (describe(waveform) - state["mean"]) / state["spread"]
    logit = float(numbers @ state["weights"] + state["bias"][0])
    return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))
