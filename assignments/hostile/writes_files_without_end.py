# Writes empty files without end: each takes memory of the kernel's.
# costs: all
# says: files
# %% first
import itertools

for n in itertools.count():
    open(f"/tmp/{n}", "w").close()
