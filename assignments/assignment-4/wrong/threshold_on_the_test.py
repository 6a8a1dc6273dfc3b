# Threshold on the test fold: the best one there, which nobody could have known.
# loses: 1
# hint: has seen the answers
# %% judge
def judge(validation_labels, validation_scores, test_labels, test_scores):
    def rates(labels, scores, threshold):
        called = scores >= threshold
        return float(called[labels == 1].mean()), float((~called[labels == 0]).mean())

    threshold = max(np.unique(test_scores), key=lambda place: sum(rates(test_labels, test_scores, place)))
    sensitivity, specificity = rates(test_labels, test_scores, threshold)
    macc = (sensitivity + specificity) / 2
    return {
        "threshold": float(threshold),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "macc": macc,
    }
