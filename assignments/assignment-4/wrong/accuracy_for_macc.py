# Gives the share of all that is right for MACC.
# loses: 1
# hint: not the share of all that is right
# %% judge
def judge(validation_labels, validation_scores, test_labels, test_scores):
    def rates(labels, scores, threshold):
        called = scores >= threshold
        return float(called[labels == 1].mean()), float((~called[labels == 0]).mean())

    places = np.unique(validation_scores)
    threshold = max(places, key=lambda place: sum(rates(validation_labels, validation_scores, place)))
    sensitivity, specificity = rates(test_labels, test_scores, threshold)
    macc = float(((test_scores >= threshold) == (test_labels == 1)).mean())
    return {
        "threshold": float(threshold),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "macc": macc,
    }
