# Deals out patients class after class in one piece, so that most folds hold one class only.
# loses: 1
# hint: divide the abnormal patients among the folds
# %% folds
def assign_folds(patients, labels, n_folds, seed):
    generator = np.random.default_rng(seed)
    ill = np.unique(patients[labels == 1])
    well = np.unique(patients[labels == 0])
    order = [*generator.permutation(ill), *generator.permutation(well)]
    place = {patient: k * n_folds // len(order) for k, patient in enumerate(order)}
    return np.array([place[patient] for patient in patients])
