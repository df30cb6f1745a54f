"""Who holds a lease: `user@host/pid/nonce`, and whether such a holder is known to be dead.

The nonce is in two parts: where its process ids count (boot and pid namespace, so that two containers with one
host name are not taken for one), and which process it is (so that a pid used again is not taken for its
predecessor).
"""

from __future__ import annotations

import itertools
import os
import socket
from functools import cache
from pathlib import Path
from typing import NamedTuple

_PROCESS = os.urandom(4).hex()
_COUNTER = itertools.count(1)


class Owner(NamedTuple):
    """The parts of an owner's text. `space`: where its pid counts. `process`: the process itself."""

    user: str
    host: str
    pid: int
    space: str
    process: str


def make_owner() -> str:
    """A new holder of this process: `ops@bastion/4711/1f0c2a9d-5be07c31-1`. No two calls give the same."""
    return f"{_user()}@{_host()}/{os.getpid()}/{_space()}-{_PROCESS}-{next(_COUNTER)}"


def parse_owner(text: str) -> Owner | None:
    """The parts, or None where another program wrote it in a shape of its own."""
    name, _, nonce = text.rpartition("/")
    name, _, pid = name.rpartition("/")
    user, _, host = name.partition("@")
    space, _, process = nonce.partition("-")
    if not (user and host and space and pid.isascii() and pid.isdigit()):
        return None
    return Owner(user, host, int(pid), space, process.partition("-")[0])


def is_dead(text: str) -> bool:
    """Whether the holder is certainly gone: it ran on this host, among these pids, and does not any more.

    False wherever that cannot be told: then only the lease's expiry counts.
    """
    owner = parse_owner(text)
    if owner is None or owner.host != _host() or owner.space != _space():
        return False
    if owner.pid == os.getpid():
        return owner.process != _PROCESS
    return not _runs(owner.pid)


def shown_owner(text: str) -> str:
    """For a line on the screen: `ops@bastion (pid 4711)`."""
    owner = parse_owner(text)
    return text if owner is None else f"{owner.user}@{owner.host} (pid {owner.pid})"


def _runs(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return not _has_ended(pid)


def _has_ended(pid: int) -> bool:
    """Whether it is a zombie: dead, and still listed because nobody has asked how it ended."""
    try:
        # `4711 (name, which may hold anything) Z ...`, where the system tells of it this way.
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except (OSError, IndexError):
        return False


def _host() -> str:
    return socket.gethostname().replace("/", "_") or "localhost"


def _user() -> str:
    import getpass  # for who takes a lease: no reader waits for it

    try:
        return getpass.getuser().replace("/", "_").replace("@", "_")
    except (KeyError, OSError, ImportError):  # no entry in the password file and no environment: a container
        return f"uid{os.getuid()}"


@cache
def _space() -> str:
    import hashlib  # as above

    parts = []
    for path, read in (("/proc/sys/kernel/random/boot_id", Path.read_text), ("/proc/self/ns/pid", os.readlink)):
        try:
            parts.append(str(read(Path(path))).strip())
        except OSError:
            parts.append("")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
