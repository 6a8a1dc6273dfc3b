# Answers and fails with text that cannot be printed, saved or shown.
# costs: last
# %% last
class Broken(Exception):
    def __str__(self):
        return "\ud800\x00\x1b[2J\u202e" * 10_000


def broken(*args, **kwargs):
    raise Broken


for name in "@NAMES@".split():
    globals()[name] = broken
