"""A notebook is asked from outside: it answers with plain data, or there is one clear reason why not."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook

from spectnet.classroom.sandbox import Limits, SandboxError
from spectnet.classroom.student import Student, StudentError

pytestmark = pytest.mark.sandbox


def notebook(**cells: str):
    """A notebook with one cell of code for each name."""
    made = new_notebook()
    for name, source in cells.items():
        made.cells.append(new_code_cell(source, metadata={"nbgrader": {"grade_id": name.replace("_", "-")}}))
    return made


ANSWERS = notebook(
    a_start="import numpy as np\nn_asked = 0",
    broken="1 / 0",
    syntax="def (",
    exits="import sys\nsys.exit()",
    late="while True: pass",
    answers="""
def double(x, times=2):
    return x * times
def count():
    global n_asked
    n_asked += 1
    return n_asked
def kind(x):
    return [type(x).__module__, type(x).__name__]
def mean(x):
    return x.float().mean()
def for_ever():
    while True: pass
def fails(x):
    raise ValueError(f"did not like {x}")
def fails_oddly():
    raise type("Odd", (Exception,), {})("secret")
def odd():
    return {1, 2}
def stops():
    raise SystemExit
def asks():
    return input("?")
""",
    plot="%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);\nplt.show()",
    shell="!ls",
)


@pytest.fixture(scope="module")
def student():
    """A notebook with answers of many kinds, open."""
    with Student(ANSWERS, Limits(cell_seconds=10)) as opened:
        yield opened


def refusal(student: Student, function: str, *args, **kwargs) -> StudentError:
    with pytest.raises(StudentError) as caught:
        student.call(function, *args, **kwargs)
    return caught.value


def test_each_cell_that_failed_says_so_under_its_name_and_the_next_ones_run(student):
    assert student.errors["broken"] == "the cell raised ZeroDivisionError: division by zero"
    assert student.errors["syntax"].startswith("the cell raised SyntaxError")
    assert student.errors["late"] == "the cell took longer than 10 seconds"
    assert set(student.errors) == {"broken", "syntax", "exits", "late", "shell"}


def test_arguments_and_answers_keep_kind_and_value(student):
    np.testing.assert_array_equal(student.call("double", np.arange(3.0), times=3), [0, 3, 6])
    assert student.call("double", "ab") == "abab"
    assert student.call("kind", np.zeros(2)) == ["numpy", "ndarray"]
    assert student.call("kind", torch.zeros(2)) == ["torch", "Tensor"]
    answer = student.call("mean", torch.arange(4))
    assert type(answer) is np.ndarray
    assert answer == 1.5


def test_a_function_keeps_its_state_between_calls(student):
    assert student.call("count") + 1 == student.call("count") == student.value("n_asked")


@pytest.mark.parametrize(
    ("function", "args", "kind", "says"),
    [
        ("nothing", (), "missing", "the notebook defines no nothing"),
        ("fails", (1,), "raised", "fails raised ValueError"),
        ("fails_oddly", (), "raised", "fails_oddly raised an error of its own"),
        ("double", (), "raised", "double raised TypeError"),
        ("stops", (), "raised", "stops raised SystemExit"),
        ("odd", (), "not plain", "odd gave no number, text, short list, dict or array"),
        ("for_ever", (), "timeout", "for_ever took longer than 1 seconds"),
    ],
)
def test_no_answer_has_one_clear_reason_and_the_next_call_is_answered(student, function, args, kind, says):
    error = refusal(student, function, *args, seconds=1)
    assert (error.kind, str(error)) == (kind, says)
    assert student.call("double", 2) == 4


def test_what_an_error_says_is_for_the_teacher_only(student):
    error = refusal(student, "fails", 0.123)
    assert "0.123" not in str(error)
    assert error.detail == "did not like 0.123"


def test_nobody_waits_for_a_keyboard(student):
    assert refusal(student, "asks").kind == "raised"


def test_a_checker_cannot_send_what_is_not_plain(student):
    with pytest.raises(TypeError):
        student.call("double", object())
    assert student.call("double", 2) == 4


ENDINGS = """
import os, sys
def dies():
    os._exit(0)
def crashes():
    import ctypes
    ctypes.string_at(0)
def will_not_stop():
    import signal
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True: pass
def fine():
    return 1
def found_channel():
    return [file for file in range(3, 256) if is_pipe(file)]
def is_pipe(file):
    import stat
    try: return stat.S_ISFIFO(os.fstat(file).st_mode)
    except OSError: return False
def writes(text):
    for file in found_channel():
        try: os.write(file, text.encode())
        except OSError: pass
    return 1
def closes():
    for file in found_channel(): os.close(file)
def forks():
    os.fork()
    return 1
"""


@pytest.mark.parametrize(
    ("function", "args", "kinds"),
    [
        ("dies", (), {"crash"}),
        ("crashes", (), {"crash"}),
        ("will_not_stop", (), {"timeout"}),
        ("closes", (), {"crash", "timeout"}),
        ("writes", ("\0\0\0\1\0\0\0\0" + "1",), {"forged"}),
        ("writes", ("\x7f" * 64,), {"forged"}),
        ("writes", ("\0\0\0\x20",), {"forged", "timeout"}),
        ("forks", (), {"forged", "timeout"}),
    ],
)
def test_after_a_crash_or_a_forgery_nothing_is_believed_any_more(function, args, kinds):
    with Student(notebook(only=ENDINGS)) as student:
        assert student.call("fine") == 1
        try:
            student.call(function, *args, seconds=1)
            believed_until = time.monotonic() + 60
            while time.monotonic() < believed_until:  # a fork's own answer may come late
                student.call("fine", seconds=1)
            pytest.fail("still believed after a minute")
        except StudentError as caught:
            error = caught
        assert error.kind in kinds
        assert student.broken
        assert refusal(student, "fine").kind == error.kind


def test_an_answer_over_the_limit_is_not_read():
    made = notebook(only="import numpy as np\ndef long(): return np.zeros(10**7)\ndef short(): return 1")
    with Student(made, Limits(answer_kb=100)) as student:
        assert student.call("short") == 1
        assert refusal(student, "long").kind == "forged"


def test_a_notebook_that_ends_its_process_leaves_a_reason():
    with Student(notebook(first="import os\nos._exit(3)", second="n = 1")) as student:
        assert student.errors == {"first": "the cell ended the whole process"}
        with pytest.raises(StudentError, match="ended the whole process"):
            student.value("n")


def test_all_cells_together_have_a_limit_too():
    cells = {f"cell_{i}": "import time\ntime.sleep(1.2)" for i in range(5)}
    with Student(notebook(**cells, last="n = 1"), Limits(seconds=2, cell_seconds=60)) as student:
        assert "cell-0" not in student.errors
        assert {"cell-2", "cell-3", "cell-4"} <= set(student.errors)


def test_cells_that_are_no_code_are_not_run_and_nameless_ones_have_a_number():
    made = notebook(first="n = 1")
    made.cells.append(new_code_cell("1 / 0"))
    with Student(made) as student:
        assert list(student.errors) == ["cell-1"]


def test_the_next_student_starts_from_nothing():
    with Student(notebook(only="open('left', 'w').close()\nimport builtins\nbuiltins.left = 1")) as first:
        assert not first.errors
    with Student(
        notebook(only="import os, builtins\nfound = os.listdir('/tmp'), hasattr(builtins, 'left')")
    ) as second:
        assert "left" not in second.value("found")[0]
        assert second.value("found")[1] is False


def test_a_closed_student_is_asked_in_vain():
    student = Student(notebook(only="n = 1"))
    with pytest.raises(SandboxError, match="inside its `with`"):
        student.value("n")
    with student:
        assert student.value("n") == 1
    student.close()
    with pytest.raises(SandboxError, match="inside its `with`"):
        student.value("n")
