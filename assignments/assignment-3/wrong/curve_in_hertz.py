# A logistic curve over hertz in place of mel.
# loses: 1
# hint: The curve runs over the mel scale
# %% curve
def from_theta(theta, f_min, f_max):
    return f_min + (f_max - f_min) * torch.sigmoid(theta)


def to_theta(frequency, f_min, f_max):
    return torch.logit((frequency - f_min) / (f_max - f_min))
