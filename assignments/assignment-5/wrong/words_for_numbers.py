# Answers in words.
# loses: 13
# hint: returns one number from 0 to 1
# %% predict
def predict(waveform, state):
    numbers = (describe(waveform) - state["mean"]) / state["spread"]
    return "abnormal" if numbers @ state["weights"] + state["bias"][0] > 0 else "normal"
