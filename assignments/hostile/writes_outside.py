# Writes beside the hidden checks, over the package, into homes and system folders, by links too.
# costs: nothing
# %% first
import os

for folder in ("@FOLDER@", "/book/spectnet", "/packages/0", "/python", "/root", "/home", "/etc", "/usr", "/"):
    try:
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/secret.txt", "w") as file:
            file.write("@MARK@")
    except OSError:
        pass
    try:
        os.symlink(f"{folder}/checks.py", f"/tmp/{len(folder)}")
        os.truncate(f"/tmp/{len(folder)}", 0)
    except OSError:
        pass
    try:
        os.chmod(folder, 0o777)
        os.unlink(f"{folder}/checks.py")
    except OSError:
        pass
