# Calls this machine and others by every kind of socket.
# costs: nothing
# %% first
import ctypes
import socket
import urllib.request

for family, address in (
    (socket.AF_INET, ("127.0.0.1", int("@PORT@"))),
    (socket.AF_INET, ("192.0.2.1", 80)),
    (socket.AF_INET6, ("::1", int("@PORT@"))),
    (socket.AF_UNIX, "@FOLDER@/agent.sock"),
    (socket.AF_UNIX, "/run/docker.sock"),
    (socket.AF_UNIX, "\0dbus"),
):
    try:
        with socket.socket(family) as caller:
            caller.settimeout(1)
            caller.connect(address)
            caller.sendall(b"@MARK@")
    except OSError:
        pass
try:
    urllib.request.urlopen("http://127.0.0.1:@PORT@", timeout=1)
except OSError:
    pass
ctypes.CDLL(None).syscall(41, 2, 1, 0)  # past Python
