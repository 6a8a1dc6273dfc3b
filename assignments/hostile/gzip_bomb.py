# Hands in a small tar archive that unpacks to hundreds of megabytes.
# costs: all
# says: unpacks to more
import gzip


def make(notebook, name, folder):
    with gzip.open(folder / f"{name}.tar.gz", "wb", compresslevel=9) as file:
        for _ in range(30):
            file.write(bytes(10_000_000))
