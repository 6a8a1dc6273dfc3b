# Squares the mean in place of averaging the squares: a tone averages itself away.
# loses: 1
# hint: Square first
# %% log-energy
def log_energy(outputs, window_length, hop_length, floor=1e-6):
    windows = outputs.unfold(-1, window_length, hop_length)
    return torch.log(windows.mean(dim=-1) ** 2 + floor)
