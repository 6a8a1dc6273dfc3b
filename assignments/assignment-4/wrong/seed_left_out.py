# Takes the patients as they come and never looks at the seed.
# loses: 1
# hint: Make a generator of the seed
# %% folds
def assign_folds(patients, labels, n_folds, seed):
    folds = np.empty(len(patients), dtype=int)
    for label in (0, 1):
        for place, patient in enumerate(np.unique(patients[labels == label])):
            folds[patients == patient] = place % n_folds
    return folds
