# Writes the formula as it stands; sure and wrong is NaN, because large logits overflow.
# loses: 1
# hint: overflow an exponential
# %% loss
def loss_of(logits, labels):
    powers = torch.exp(logits)
    chosen = powers[torch.arange(len(labels)), labels]
    return -torch.log(chosen / powers.sum(dim=1)).mean()
