"""The closed room: what is seen inside, what is refused, what is too much, and that nothing stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spectnet.classroom import sandbox, syscalls
from spectnet.classroom.sandbox import SandboxError, why_not
from spectnet.classroom.student import Student, StudentError
from spectnet.classroom.visible import PACKAGE, view
from spectnet.classroom.watch import Family
from tests.grading.notebooks import notebook, run

pytestmark = pytest.mark.sandbox

LOOK = r"""
import ctypes, os, socket, stat, sys

def tried(action):
    try:
        return str(action())
    except OSError as error:
        return f"refused: {error.strerror}"

def syscall(*args):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(*args) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

files, odd, writable = [], [], []
for folder, folders, names in os.walk("/"):
    if folder in ("/packages/0", "/python/lib", "/usr/lib"):
        folders.clear()  # hundreds of thousands of files, all in one mount
    if os.access(folder, os.W_OK):
        writable.append(folder)
    for name in names + folders:
        path = os.path.join(folder, name)
        kind = stat.S_IFMT(os.lstat(path).st_mode)
        files.append(path)
        if kind in (stat.S_IFSOCK, stat.S_IFIFO, stat.S_IFBLK, stat.S_IFCHR):
            odd.append(path)
open_files = [n for n in range(1024) if "refused" not in tried(lambda: os.fstat(n))]
environment = dict(os.environ)
who = [os.getuid(), os.getgid(), os.getgroups(), os.getpid(), os.getppid(), os.uname().nodename]
beside = [name for name in os.listdir() if not name.startswith(".")], os.getcwd()
read = open("data/text.txt").read()
change = tried(lambda: open("data/text.txt", "w"))
"""


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A notebook that has looked at everything it can see, with a folder beside it."""
    data = tmp_path_factory.mktemp("beside")
    data.chmod(0o755)
    (data / "text.txt").write_text("sound")
    with Student(notebook(LOOK), mounts={"data": data}, masked=["spectnet.gammatone"]) as student:
        assert not student.errors
        yield student


def test_only_python_its_packages_and_the_data_are_seen(room):
    files = room.value("files")
    tops = {path.split("/")[1] for path in files}
    assert tops <= {"book", "dev", "etc", "lib", "lib64", "packages", "proc", "python", "sys", "tmp", "usr"}
    assert [path for path in files if path.startswith("/etc/")] in ([], ["/etc/ld.so.cache"])
    assert {path for path in files if path.startswith("/usr/")} == {
        path for path in files if path.startswith(("/usr/lib", "/usr/local"))
    }
    assert [path for path in files if path.startswith("/proc/")] == ["/proc/cpuinfo"]
    home = Path.home().name
    assert not [path for path in files if f"/{home}/" in path and not path.startswith(("/usr", "/packages"))]


def test_of_the_package_neither_grading_nor_masked_modules_are_seen(room):
    ours = {path.removeprefix("/book/spectnet/") for path in room.value("files") if path.startswith("/book/")}
    assert {name for name in ours if name.startswith("classroom/")} == {
        "classroom/__init__.py", "classroom/channel.py", "classroom/runner.py",
    }  # fmt: skip
    assert "scales.py" in ours
    assert "gammatone.py" not in ours
    assert not [name for name in ours if "__pycache__" in name or name.endswith(".pyc")]


def test_only_the_scratch_can_be_written(room):
    assert [path for path in room.value("writable") if not path.startswith("/tmp")] == []
    assert room.value("read") == "sound"
    assert room.value("change") == "refused: Read-only file system"
    assert room.value("beside") == [["data"], "/tmp"]


def test_no_socket_pipe_or_disk_is_seen(room):
    devices = {f"/dev/{name}" for name in sandbox.DEVICES}
    assert set(room.value("odd")) == devices


def test_no_file_is_open_but_nothing_and_the_channel(room):
    assert len(room.value("open_files")) == 3 + 2


def test_the_environment_tells_nothing(room):
    told = room.value("environment")
    assert {"HOME": "/tmp", "USER": "student"}.items() <= told.items()
    assert set(told) == {*sandbox.ENVIRONMENT, "LD_LIBRARY_PATH", "PWD"}


def test_it_is_nobody_and_alone(room):
    uid, gid, groups, process, parent, name = room.value("who")
    assert (uid, gid, groups, name) == (1000, 1000, [], "sandbox")
    assert (process, parent) == (2, 1)


def test_it_shares_no_namespace_with_the_grader(room):
    """Seen from outside, so that it holds by itself: the filter of calls refuses most of it once more."""
    spaces = ("user", "pid", "net", "ipc", "uts", "cgroup", "mnt")
    for process in room._room.watch._family.members():
        shared = [
            space for space in spaces
            if os.readlink(f"/proc/{process}/ns/{space}") == os.readlink(f"/proc/self/ns/{space}")
        ]  # fmt: skip
        assert shared == []


def test_calls_that_no_assignment_needs_are_refused(room):
    refused = syscalls.refused(os.uname().machine)
    made = notebook(
        LOOK.split("files, odd")[0],
        f"answers = [tried(lambda: syscall(n)) for n in {list(refused.values())}]",
    )
    with Student(made) as student:
        answers = dict(zip(refused, student.value("answers"), strict=True))
    assert set(answers.values()) == {"refused: Operation not permitted"}, answers


def test_a_masked_module_says_why_it_is_not_there():
    source = "from spectnet.scales import hz_to_mel\nfrom spectnet.gammatone import impulse_response"
    errors = run(source, masked=["spectnet.gammatone"])
    assert "ImportError: spectnet.gammatone is hidden here" in errors["cell-0"]


def test_a_masked_package_goes_with_all_its_modules():
    shown = [inside for _, inside in view({}, ["spectnet.frontend", "spectnet.scales"]).binds]
    assert not [
        path for path in shown if path.startswith(("/book/spectnet/frontend", "/book/spectnet/scales"))
    ]
    assert f"/book/spectnet/{(PACKAGE / 'gammatone.py').name}" in shown


def test_an_installed_copy_of_the_package_shows_no_answers_either(monkeypatch, tmp_path):
    installed = tmp_path / "site-packages"
    (installed / "spectnet").mkdir(parents=True)
    (installed / "spectnet" / "gammatone.py").touch()
    (installed / "other.py").touch()
    for folder in (tmp_path, installed):
        folder.chmod(0o755)
    monkeypatch.setattr(sys, "path", [*sys.path, str(installed)])
    look = "import os\nat = '/packages/1'\nours = at + '/spectnet'\n"
    look += "found = os.listdir(ours), sorted(os.listdir(at)), os.access(ours, os.W_OK)"
    with Student(notebook(look), masked=["spectnet.gammatone"]) as student:
        assert student.value("found") == [[], ["other.py", "spectnet"], False]


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\0b"])
def test_a_mount_lies_beside_the_notebook_and_nowhere_else(name, tmp_path):
    with pytest.raises(ValueError, match="plain file name"):
        view({name: tmp_path}, [])


def test_a_mount_that_is_missing_is_named(tmp_path):
    with pytest.raises(ValueError, match="does not exist"):
        view({"data": tmp_path / "none"}, [])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_root_is_told_of_a_mount_that_nobody_can_read(tmp_path):
    (tmp_path / "sound.wav").touch(0o600)
    tmp_path.chmod(0o755)
    with pytest.raises(ValueError, match=r"sound\.wav must be open to all"):
        view({"data": tmp_path}, [])


LEAVES = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(1000)
"""


def test_everything_inside_ends_with_the_student():
    with Student(notebook(LEAVES)) as student:
        assert not student.errors
        family = student._room.watch._family
        inside = family.members()
        assert len(inside) == 3
    assert not family.members()
    assert not [process for process in inside if Path(f"/proc/{process}").exists()]


def test_everything_inside_ends_with_the_grader(tmp_path):
    code = (
        "import os, sys, time\n"
        "from nbformat.v4 import new_notebook\n"
        "from spectnet.classroom.student import Student\n"
        "student = Student(new_notebook()).__enter__()\n"
        "print(*student._room.watch._family.members(), flush=True)\n"
        "time.sleep(100)\n"
    )
    grader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert grader.stdout is not None
    inside = [int(number) for number in grader.stdout.readline().split()]
    assert len(inside) == 2
    os.kill(grader.pid, signal.SIGKILL)
    grader.communicate()
    until = time.monotonic() + 20
    while any(Path(f"/proc/{process}").exists() for process in inside) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [process for process in inside if Path(f"/proc/{process}").exists()]


def test_a_family_is_counted_whole_and_strangers_are_not():
    assert os.getpid() in Family(os.getpid()).members()
    assert Family(os.getpid()).memory_mb() > 10
    assert Family(2**22 + 1).members() == set()


def test_a_sandbox_that_does_not_start_is_nobodys_wrong_answer(monkeypatch):
    monkeypatch.setattr(sandbox, "START", "raise SystemExit('the runner is broken')")
    with pytest.raises(SandboxError, match="the runner is broken"), Student(notebook("n = 1")):
        pass
    monkeypatch.setattr(sandbox, "DEVICES", ("nowhere",))
    with pytest.raises(SandboxError, match="nowhere"), Student(notebook("n = 1")):
        pass


def test_what_cannot_be_watched_is_not_run(monkeypatch):
    monkeypatch.setattr(Family, "members", lambda self: set())
    with pytest.raises(SandboxError, match="cannot be watched"), Student(notebook("n = 1")):
        pass


def test_where_there_is_no_sandbox_a_sentence_says_what_to_do(monkeypatch):
    why_not.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "platform", "darwin")
        assert "WSL" in (why_not() or "")
    why_not.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "PATH", "/nowhere")
        assert "apt install bubblewrap" in (why_not() or "")
        with pytest.raises(SandboxError, match="apt install bubblewrap"), Student(notebook()):
            pass
    why_not.cache_clear()
    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "DEVICES", ("nowhere",))
        assert "user namespaces" in (why_not() or "")
    why_not.cache_clear()
    assert why_not() is None


@pytest.mark.parametrize("machine", syscalls.PROCESSORS)
def test_the_filter_is_a_program_that_the_kernel_takes(machine):
    steps = syscalls.syscall_filter(machine)
    assert len(steps) % 8 == 0
    assert len(steps) // 8 < 4096  # the kernel's limit
    assert len(set(syscalls.refused(machine).values())) == len(syscalls.refused(machine))


def test_another_kind_of_processor_is_refused():
    with pytest.raises(ValueError, match="x86_64 or aarch64"):
        syscalls.syscall_filter("riscv64")


def test_a_student_error_says_its_kind():
    assert StudentError("timeout", "late").kind == "timeout"


@pytest.mark.parametrize("said", ["", "1", "yes", "true"])
def test_nothing_runs_unprotected_unless_told_in_so_many_words(said, monkeypatch):
    monkeypatch.setenv(sandbox.TRUST, said)
    assert run("import os\nassert os.getppid() == 1") == {}


def test_told_in_so_many_words_it_runs_without_walls(monkeypatch, tmp_path):
    monkeypatch.setenv(sandbox.TRUST, sandbox.TRUST_SENTENCE)
    monkeypatch.setattr(sandbox, "PATH", "/nowhere")  # no bubblewrap either
    tmp_path.chmod(0o755)
    (tmp_path / "text.txt").write_text("sound")
    source = "import os\nuser = os.getuid()\nread = open('data/text.txt').read()\ndef f(x): return x + 1"
    with Student(
        notebook(source, "import spectnet.gammatone"),
        mounts={"data": tmp_path},
        masked=["spectnet.gammatone"],
    ) as student:
        assert student.value("user") == os.getuid()
        assert student.value("read") == "sound"
        assert student.call("f", 1) == 2
        assert "is hidden here" in student.errors["cell-1"]
        folder = Path(student._room._folder.name)
        assert folder.is_dir()
    assert not folder.exists()
    assert (tmp_path / "text.txt").read_text() == "sound"
