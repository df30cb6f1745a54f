"""A program in a terminal of its own: keys in, bytes out, and what it costs the machine. No screen is kept."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COLUMNS, LINES = 120, 40
PATIENCE_S = 120.0

_QUESTIONS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?62;22c"}
"""What programs ask a terminal, and what common ones answer."""


class NeverSeen(Exception):
    """What was waited for did not come."""


@dataclass(frozen=True)
class Chunk:
    """Bytes that came at a moment (seconds of the monotonic clock)."""

    at: float
    data: bytes


class Pty:
    """`command` in a terminal of 120 by 40. A context manager: it is ended at the end."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._leader, follower = os.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **environment},
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,
        )
        os.close(follower)

    def __enter__(self) -> Pty:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._leader)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._leader, keys.encode())

    def read(self, seconds: float) -> bytes | None:
        """What comes next, once it comes; None where nothing came within the time, or the program has ended."""
        if not select.select([self._leader], [], [], max(seconds, 0.0))[0]:
            return None
        try:
            data = os.read(self._leader, 1 << 16)
        except OSError:
            return None
        for question, answer in _QUESTIONS.items():
            if question in data:
                os.write(self._leader, answer)
        return data

    def until(self, marker: bytes, patience_s: float = PATIENCE_S) -> float:
        """The moment (perf_counter) at which `marker` had come. Raises NeverSeen."""
        seen, deadline = b"", time.perf_counter() + patience_s
        while (left := deadline - time.perf_counter()) > 0:
            data = self.read(min(left, 1.0))
            if data is None:
                if self.process.poll() is not None:
                    raise NeverSeen(f"it ended before {marker!r} came: {seen[-300:]!r}")
                continue
            seen = seen[-len(marker) :] + data
            if marker in seen:
                return time.perf_counter()
        raise NeverSeen(f"{marker!r} never came")

    def settle(self, quiet_s: float = 0.4, patience_s: float = PATIENCE_S) -> bytes:
        """All bytes until nothing has come for that long."""
        data, deadline = b"", time.monotonic() + patience_s
        while time.monotonic() < deadline:
            more = self.read(quiet_s)
            if more is None:
                return data
            data += more
        return data

    def listen(self, seconds: float) -> list[Chunk]:
        """All that comes within that time."""
        chunks: list[Chunk] = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            data = self.read(left)
            if data is not None:
                chunks.append(Chunk(time.monotonic(), data))
            elif self.process.poll() is not None:
                break
        return chunks

    @property
    def cpu_s(self) -> float:
        """Seconds that all its threads have run so far."""
        spent = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                spent += int((task / "schedstat").read_text().split()[0])
            except OSError:  # a thread that has ended meanwhile
                continue
        return spent / 1e9

    @property
    def uss(self) -> int:
        """Bytes of memory that would be free again without it."""
        return _uss(self.process.pid)

    @property
    def uss_with_children(self) -> int:
        """The same, with the processes that it started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return self.uss + sum(_uss(int(child)) for child in children)


def _uss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kib = [int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:"))]
    return sum(kib) * 1024


@contextmanager
def shown(command: Sequence[str], environment: Mapping[str, str], folder: Path, marker: bytes) -> Iterator[Pty]:
    """A program that has drawn `marker` and come to rest."""
    with Pty(command, environment, folder) as pty:
        pty.until(marker)
        pty.settle(quiet_s=0.3, patience_s=5.0)
        yield pty


def repaints(chunks: Sequence[Chunk], apart_s: float = 0.01) -> int:
    """How many times something was drawn: chunks that follow at once belong together."""
    count, last = 0, float("-inf")
    for chunk in chunks:
        count += chunk.at - last > apart_s
        last = chunk.at
    return count


def size(chunks: Sequence[Chunk]) -> int:
    """Their bytes."""
    return sum(len(chunk.data) for chunk in chunks)
