# Leaves a process behind that has a group and a session of its own.
# costs: nothing
# %% first
import ctypes
import os
import signal
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        ctypes.CDLL(None).prctl(15, b"@MARK@")
        time.sleep(1000)
    os._exit(0)
os.wait()
