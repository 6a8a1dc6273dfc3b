# Cuts off five per cent at each end, which leaves the middle 90 %.
# loses: 1
# hint: the 2.5 % and the 97.5 % quantile
# %% interval
def macc_interval(labels, scores, patients, threshold, n_draws, seed):
    generator, right = np.random.default_rng(seed), (scores >= threshold) == (labels == 1)
    shares = []
    for label in (0, 1):
        _, unit = np.unique(patients[labels == label], return_inverse=True)
        hits, sizes = np.bincount(unit, right[labels == label]), np.bincount(unit)
        drawn = generator.integers(0, len(sizes), (n_draws, len(sizes)))
        shares.append(hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.quantile(np.mean(shares, axis=0), [0.05, 0.95])
    return float(low), float(high)
