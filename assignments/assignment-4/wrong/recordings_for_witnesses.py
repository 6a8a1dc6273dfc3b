# Draws recordings in place of patients: an interval that is too narrow.
# loses: 1
# hint: not so many witnesses
# %% interval
def macc_interval(labels, scores, patients, threshold, n_draws, seed):
    generator, right = np.random.default_rng(seed), (scores >= threshold) == (labels == 1)
    shares = []
    for label in (0, 1):
        hits = right[labels == label]
        shares.append(hits[generator.integers(0, len(hits), (n_draws, len(hits)))].mean(axis=1))
    low, high = np.quantile(np.mean(shares, axis=0), [0.025, 0.975])
    return float(low), float(high)
