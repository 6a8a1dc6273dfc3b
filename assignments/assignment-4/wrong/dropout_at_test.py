# Leaves dropout on at test time: the same recording gets another score each time.
# loses: 1
# hint: is dropout on
# %% scores
def score_recordings(net, waveforms, owners):
    with torch.no_grad():
        probabilities = net(waveforms).softmax(dim=1)[:, 1].numpy().astype(float)
    return np.bincount(owners, weights=probabilities) / np.bincount(owners)
