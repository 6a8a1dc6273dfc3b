# Leak in the split: deals out recordings, so that a patient's stand on both sides.
# loses: 1
# hint: heard in training is recognised in the test
# %% folds
def assign_folds(patients, labels, n_folds, seed):
    generator = np.random.default_rng(seed)
    folds = np.empty(len(patients), dtype=int)
    for label in (0, 1):
        drawn = generator.permutation(np.flatnonzero(labels == label))
        folds[drawn] = np.arange(len(drawn)) % n_folds
    return folds
