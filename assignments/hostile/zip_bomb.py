# Hands in a small archive that unpacks to hundreds of megabytes.
# costs: all
# says: larger
import zipfile


def make(notebook, name, folder):
    with (
        zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"{name}.ipynb", "w", force_zip64=True) as file,
    ):
        for _ in range(30):
            file.write(bytes(10_000_000))
