# Takes 0.5 for a threshold, whatever validation says.
# loses: 2
# hint: not at 0.5 by law
# %% judge
def judge(validation_labels, validation_scores, test_labels, test_scores):
    def rates(labels, scores, threshold):
        called = scores >= threshold
        return float(called[labels == 1].mean()), float((~called[labels == 0]).mean())

    sensitivity, specificity = rates(test_labels, test_scores, 0.5)
    macc = (sensitivity + specificity) / 2
    return {"threshold": 0.5, "sensitivity": sensitivity, "specificity": specificity, "macc": macc}
