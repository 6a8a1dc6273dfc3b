# Keeps hertz and cuts them off at the ends, where no gradient comes back.
# loses: 5
# hint: has forgotten its theta
# %% curve
def from_theta(theta, f_min, f_max):
    return theta.clamp(f_min, f_max)


def to_theta(frequency, f_min, f_max):
    return frequency
