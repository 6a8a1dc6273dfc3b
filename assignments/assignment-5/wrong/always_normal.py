# Calls every heart normal, which is right for half of them.
# loses: 9
# hint: not much better than a coin
# %% predict
def predict(waveform, state):
    return 0.0
