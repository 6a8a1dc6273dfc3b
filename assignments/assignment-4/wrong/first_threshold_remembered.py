# Global state: keeps the first threshold it ever found, and answers every later question with it.
# loses: 2
# hint: try all places, and keep the one
# %% judge
remembered = []


def judge(validation_labels, validation_scores, test_labels, test_scores):
    def rates(labels, scores, threshold):
        called = scores >= threshold
        return float(called[labels == 1].mean()), float((~called[labels == 0]).mean())

    if not remembered:
        places = np.unique(validation_scores)
        remembered.append(
            max(places, key=lambda place: sum(rates(validation_labels, validation_scores, place)))
        )
    sensitivity, specificity = rates(test_labels, test_scores, remembered[0])
    macc = (sensitivity + specificity) / 2
    return {
        "threshold": float(remembered[0]),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "macc": macc,
    }
