"""Whatever a submission takes too much of, it is refused or ended, and the reason is said."""

from __future__ import annotations

import time

import pytest

from spectnet.classroom.sandbox import Limits
from spectnet.classroom.student import Student
from tests.grading.notebooks import notebook, run

pytestmark = pytest.mark.sandbox

EATS_TOGETHER = """
import os, time
for _ in range(6):
    if os.fork() == 0:
        x = b"1" * (100 << 20)
        time.sleep(60)
time.sleep(60)
"""
FORKS = """
import os, time
n = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
        n += 1
except BlockingIOError:
    pass
"""
SHARES = """
import os, time
x = b"1" * (80 << 20)
for _ in range(10):
    if os.fork() == 0:
        time.sleep(60)
time.sleep(1)
"""
STARTS_THREADS = """
import threading
try:
    for m in range(1000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
except RuntimeError:
    pass
"""
SMALL = Limits(memory_mb=400, disk_mb=20, processes=20, cell_seconds=20)


def test_one_process_that_eats_memory_is_refused_more():
    errors = run("x = bytearray(600 << 20)", "y = bytearray(50 << 20)", limits=SMALL)
    assert list(errors) == ["cell-0"]
    assert errors["cell-0"].startswith("the cell asked for more memory than there is")


def test_many_processes_that_eat_memory_together_are_ended():
    started = time.monotonic()
    errors = run(EATS_TOGETHER, limits=SMALL)
    assert "MB of memory, where 400 MB are allowed" in errors["cell-0"]
    assert time.monotonic() - started < 30


def test_the_disk_ends_at_its_limit():
    errors = run("open('x', 'wb').write(bytes(30 << 20))", "n = open('y', 'wb').write(b'1')", limits=SMALL)
    assert "the cell raised OSError" in errors["cell-0"]
    for n in ("one", "another"):
        errors = run(f"for n in range(30): open(f'{n}{{n}}', 'wb').write(bytes(1 << 20))", limits=SMALL)
        assert "No space left on device" in errors["cell-0"]


def test_files_without_end_are_noticed():
    errors = run("import itertools\nfor n in itertools.count(): open(str(n), 'w').close()", limits=SMALL)
    assert "files, where 20000 are allowed" in errors["cell-0"]


def test_memory_that_a_fork_shares_counts_once():
    assert not run(SHARES, limits=SMALL)


def test_processes_and_threads_end_at_their_limit():
    with Student(notebook(FORKS, STARTS_THREADS), SMALL) as student:
        assert student.value("n") < 20
        assert student.value("m") < 20
