# Cuts at the floor in place of adding it.
# loses: 1
# hint: add the floor
# %% log-mel
def log_mel(power_picture, weights, floor=1e-6):
    return np.log(np.maximum(weights @ power_picture, floor))
