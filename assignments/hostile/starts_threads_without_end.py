# Starts threads that never end until nothing more goes.
# costs: nothing
# %% first
import threading
import time

try:
    while True:
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
except RuntimeError:
    pass
