# Sends every signal that could end its parent, its sandbox and everything else.
# costs: nothing
# %% first
import os
import signal

for process in (os.getppid(), 1, 2, -1, 0):
    if process == os.getpid():
        continue
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
        if process == 0 and number != signal.SIGTERM:
            continue
        before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            os.kill(process, number)
        except OSError:
            pass
        signal.signal(signal.SIGTERM, before)
