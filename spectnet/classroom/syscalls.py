"""The calls to the kernel that no assignment needs, refused by a small filter that the kernel itself runs.

Two kinds: those that could keep memory where no limit counts it (memory files, shared segments, sockets), and
those that have let programs out of sandboxes before. Each is answered with "not permitted"; a program for
another processor than this one's is ended.

Taught in *For the teacher*.
"""

from __future__ import annotations

import errno
import platform
import struct

# By the kernel's own tables, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
REFUSED = {
    "memory outside any limit": {
        "x86_64": {
            "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "shmat": 30, "semget": 64, "msgget": 68,
            "mq_open": 240, "socket": 41, "socketpair": 53, "vmsplice": 278, "userfaultfd": 323,
        },
        "aarch64": {
            "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "shmat": 196, "semget": 190,
            "msgget": 186, "mq_open": 180, "socket": 198, "socketpair": 199, "vmsplice": 75,
            "userfaultfd": 282,
        },
    },
    "other processes": {
        "x86_64": {
            "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "pidfd_getfd": 438,
        },
        "aarch64": {
            "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "pidfd_getfd": 438,
        },
    },
    "mounts and namespaces": {
        "x86_64": {
            "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308,
            "open_by_handle_at": 304, "name_to_handle_at": 303,
        },
        "aarch64": {
            "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268,
            "open_by_handle_at": 265, "name_to_handle_at": 264,
        },
    },
    "large doors into the kernel": {
        "x86_64": {
            "bpf": 321, "perf_event_open": 298, "add_key": 248, "request_key": 249, "keyctl": 250,
            "syslog": 103, "init_module": 175, "finit_module": 313, "kexec_load": 246, "kexec_file_load": 320,
            "quotactl": 179, "fanotify_init": 300, "modify_ldt": 154, "iopl": 172, "ioperm": 173,
        },
        "aarch64": {
            "bpf": 280, "perf_event_open": 241, "add_key": 217, "request_key": 218, "keyctl": 219,
            "syslog": 116, "init_module": 105, "finit_module": 273, "kexec_load": 104, "kexec_file_load": 294,
            "quotactl": 60, "fanotify_init": 262,
        },
    },
}  # fmt: skip
# Newer calls have one number on every processor.
REFUSED_EVERYWHERE = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442,
}  # fmt: skip
PROCESSORS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""What a call says of its processor (AUDIT_ARCH_* in linux/audit.h)."""

LOAD, EQUAL, AT_LEAST, ANSWER = 0x20, 0x15, 0x35, 0x06
NUMBER, PROCESSOR = 0, 4  # where they stand in struct seccomp_data
ALLOW, END, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
X32 = 0x40000000
"""From here on, x86-64 takes numbers of a second table, which would be a way around the first."""


def refused(machine: str) -> dict[str, int]:
    """Names and numbers of the refused calls on one kind of processor."""
    by_kind = [kind[machine] for kind in REFUSED.values()]
    return {name: number for calls in by_kind for name, number in calls.items()} | REFUSED_EVERYWHERE


def syscall_filter(machine: str | None = None) -> bytes:
    """The filter as bubblewrap takes it: a classic BPF program.

    Args:
        machine: ``"x86_64"`` or ``"aarch64"``; by default this machine's.

    Raises:
        ValueError: the numbers of calls on this kind of processor are not known.
    """
    machine = machine or platform.machine()
    if machine not in PROCESSORS:
        raise ValueError(f"grading needs a processor of the kind {' or '.join(PROCESSORS)}, got {machine!r}")
    steps = [_step(LOAD, PROCESSOR), _step(EQUAL, PROCESSORS[machine], 1, 0), _step(ANSWER, END)]
    steps += [_step(LOAD, NUMBER), _step(AT_LEAST, X32, 0, 1), _step(ANSWER, END)]
    for number in refused(machine).values():
        steps += [_step(EQUAL, number, 0, 1), _step(ANSWER, REFUSE)]
    return b"".join([*steps, _step(ANSWER, ALLOW)])


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
