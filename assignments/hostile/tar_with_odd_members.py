# Hides links, a pipe, a device and paths that lead out of it in a tar archive, beside a right notebook.
# costs: all
# says: lead out
import io
import tarfile

import nbformat


def make(notebook, name, folder):
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE)
    with tarfile.open(folder / f"{name}.tar.gz", "w:gz") as archive:
        text = nbformat.writes(notebook).encode()
        for path in (f"{name}.ipynb", f"../../{name}.py", f"/tmp/{name}.py"):
            member = tarfile.TarInfo(path)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
        for kind in kinds:
            member = tarfile.TarInfo(f"odd-{kind.decode()}")
            member.type, member.linkname = kind, "../../../../etc/passwd"
            archive.addfile(member)
