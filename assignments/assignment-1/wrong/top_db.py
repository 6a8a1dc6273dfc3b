# Cuts 80 dB below the loudest place, so a slam changes what came before it.
# loses: 1
# hint: the maximum of the whole picture
# %% log-mel
def log_mel(power_picture, weights, floor=1e-6):
    log_energy = np.log(weights @ power_picture + floor)
    return np.maximum(log_energy, log_energy.max() - 80 / 4.343)
