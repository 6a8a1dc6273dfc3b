"""An archive is unpacked whole, inside its folder, and never over a limit."""

import zipfile
from pathlib import Path

import pytest

from spectnet.scenes import archives


def files(folder: Path) -> set[str]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def write_zip(path: Path, names: list[str], content: bytes = b"x") -> Path:
    """A zip that says what it is told to."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["../out.txt", "audio/../../out.txt", "/out.txt", "..\\out.txt", "C:/out.txt"]
)
def test_name_that_leads_out_is_refused_before_anything_is_unpacked(tmp_path: Path, name: str):
    archive = write_zip(tmp_path / "bad.zip", ["good.txt", name])
    with pytest.raises(ValueError, match=r"bad\.zip holds .*which leads out of its folder; nothing"):
        archives.unpack(archive, tmp_path / "in", str, limit=1000)
    assert files(tmp_path) == {"bad.zip"}


def test_link_is_refused(tmp_path: Path):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ValueError, match="leads out of its folder"):
        archives.unpack(tmp_path / "bad.zip", tmp_path / "in", str, limit=1000)


def test_archive_that_would_fill_the_disk_is_refused(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 1_000_000)
    with pytest.raises(ValueError, match=r"would unpack to 0\.0 GB, more than"):
        archives.unpack(tmp_path / "bomb.zip", tmp_path / "in", str, limit=100_000)
    assert files(tmp_path) == {"bomb.zip"}


def test_broken_member_leaves_no_half_file(tmp_path: Path):
    archive = write_zip(tmp_path / "bad.zip", ["a", "b"], bytes(range(100)))
    content = bytearray(archive.read_bytes())
    content[content.rindex(bytes(range(100))) + 50] ^= 1
    archive.write_bytes(content)
    with pytest.raises(zipfile.BadZipFile):
        archives.unpack(archive, tmp_path / "in", str, limit=1000)
    assert files(tmp_path / "in") == {"a"}
