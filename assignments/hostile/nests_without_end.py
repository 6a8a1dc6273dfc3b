# Answers with a list that holds itself, and with numbers of a million digits.
# costs: last
# %% last
def nested(*args, **kwargs):
    knot = [1 << 4_000_000]
    knot.append(knot)
    return knot


for name in "@NAMES@".split():
    globals()[name] = nested
