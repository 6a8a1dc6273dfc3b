# Keeps the weights of the first call for every later one.
# loses: 2
# hint: Sum the rows by their weights
# %% log-mel
kept = []


def log_mel(power_picture, weights, floor=1e-6):
    kept.append(weights)
    return np.log(kept[0] @ power_picture + floor)
