# Takes memory in one process until it is refused, and holds none of it.
# costs: nothing
# %% first
hoard = []
try:
    while True:
        hoard.append(bytearray(400 << 20))
except MemoryError:
    hoard = []
