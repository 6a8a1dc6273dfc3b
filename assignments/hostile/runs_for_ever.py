# Never answers, and swallows what would stop it.
# costs: last
# says: longer
# %% last
def for_ever(*args, **kwargs):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


for name in "@NAMES@".split():
    globals()[name] = for_ever
