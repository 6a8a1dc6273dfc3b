# Scores by the probability of normal.
# loses: 1
# hint: the second one is that of abnormal
# %% scores
def score_recordings(net, waveforms, owners):
    net.eval()
    with torch.no_grad():
        probabilities = net(waveforms).softmax(dim=1)[:, 0].numpy().astype(float)
    return np.bincount(owners, weights=probabilities) / np.bincount(owners)
