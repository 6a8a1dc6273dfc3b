# Forks until nothing more goes, in every child too.
# costs: nothing
# %% first
import os
import time

first = os.getpid()
try:
    while True:
        os.fork()
except OSError:
    pass
while os.getpid() != first:
    time.sleep(1000)
