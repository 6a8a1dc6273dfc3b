# Decibels in place of the natural logarithm.
# loses: 1
# hint: no decibels
# %% log-mel
def log_mel(power_picture, weights, floor=1e-6):
    return 10 * np.log10(weights @ power_picture + floor)
