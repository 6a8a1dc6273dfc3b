# Draws patients of both classes from one urn: some draws hold no abnormal one, and are NaN.
# loses: 1
# hint: Draw each class by itself
# %% interval
def macc_interval(labels, scores, patients, threshold, n_draws, seed):
    generator, right = np.random.default_rng(seed), (scores >= threshold) == (labels == 1)
    names, unit = np.unique(patients, return_inverse=True)
    drawn = generator.integers(0, len(names), (n_draws, len(names)))
    shares = []
    for label in (0, 1):
        hits = np.bincount(unit, right & (labels == label), minlength=len(names))
        sizes = np.bincount(unit, labels == label, minlength=len(names))
        with np.errstate(invalid="ignore"):
            shares.append(hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    low, high = np.quantile(np.mean(shares, axis=0), [0.025, 0.975])
    return float(low), float(high)
