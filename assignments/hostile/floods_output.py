# Prints and shows far more than anybody could read.
# costs: nothing
# %% first
import sys

for _ in range(200):
    sys.stdout.write("@MARK@" * 100_000)
    sys.stderr.write("@MARK@" * 100_000)
