# Takes memory in many processes, each of which stays below the limit for one.
# costs: all
# says: memory
# %% first
import os
import time

for _ in range(16):
    if os.fork() == 0:
        hoard = bytearray(os.urandom(1)) * (500 << 20)
        time.sleep(1000)
time.sleep(30)
