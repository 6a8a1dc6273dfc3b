# Judges the two systems on different draws: what is hard for both does not cancel.
# loses: 1
# hint: judge both on the same draws
# %% difference
def compare(
    labels, fixed_scores, learned_scores, patients, fixed_threshold, learned_threshold, n_draws, seed
):
    generator, drawn_maccs, maccs = np.random.default_rng(seed), [], []
    for scores, threshold in ((fixed_scores, fixed_threshold), (learned_scores, learned_threshold)):
        right = (scores >= threshold) == (labels == 1)
        shares = []
        for label in (0, 1):
            _, unit = np.unique(patients[labels == label], return_inverse=True)
            hits, sizes = np.bincount(unit, right[labels == label]), np.bincount(unit)
            drawn = generator.integers(0, len(sizes), (n_draws, len(sizes)))
            shares.append(hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
        drawn_maccs.append(np.mean(shares, axis=0))
        maccs.append((right[labels == 1].mean() + right[labels == 0].mean()) / 2)
    low, high = np.quantile(drawn_maccs[1] - drawn_maccs[0], [0.025, 0.975])
    return {"difference": float(maccs[1] - maccs[0]), "low": float(low), "high": float(high)}
