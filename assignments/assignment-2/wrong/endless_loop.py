# Never moves its window on, and so never ends.
# loses: 2
# hint: the mean over each whole window
# %% log-energy
def log_energy(outputs, window_length, hop_length, floor=1e-6):
    start, frame = 0, None
    while start + window_length <= outputs.shape[1]:
        frame = torch.log(outputs[:, start : start + window_length].square().mean(dim=1) + floor)
    return frame
