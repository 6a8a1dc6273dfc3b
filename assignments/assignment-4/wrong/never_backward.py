# Clears the gradients between backward and step, so that nothing is ever learned.
# loses: 3
# hint: Each step: loss, clear the gradients
# %% training
def train(net, waveforms, labels, n_steps):
    optimiser, losses = optimiser_of(net), []
    net.train()
    for _ in range(n_steps):
        loss = nn.functional.cross_entropy(net(waveforms), labels)
        loss.backward()
        optimiser.zero_grad()
        optimiser.step()
        losses.append(loss.item())
    return losses
