# Takes the most alarming segment for the recording's score.
# loses: 1
# hint: says ill in every long recording
# %% scores
def score_recordings(net, waveforms, owners):
    net.eval()
    with torch.no_grad():
        probabilities = net(waveforms).softmax(dim=1)[:, 1].numpy().astype(float)
    return np.array([probabilities[owners == k].max() for k in range(owners.max() + 1)])
