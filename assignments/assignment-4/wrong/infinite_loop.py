# Trains until the loss is nothing, which never comes: an infinite loop.
# loses: 3
# hint: took longer than
# %% training
def train(net, waveforms, labels, n_steps):
    optimiser, losses = optimiser_of(net), []
    while True:
        loss = nn.functional.cross_entropy(net(waveforms), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        if loss.item() <= 0:
            return losses
