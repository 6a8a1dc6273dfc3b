# Hard-coded answers: a rule found at home, and nothing of what train is given.
# loses: 2
# hint: must say the opposite
# %% predict
def predict(waveform, state):
    numbers = describe(waveform)
    loud_over_usual = numbers[29:35].mean() - numbers[17:23].mean()
    return float(1 / (1 + np.exp(-3 * (loud_over_usual - 1.75))))
