"""Starts victims and asks how they ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

KILLED = -9


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal that killed it; and the memory that it took at most."""

    code: int
    out: str
    err: str
    megabytes: float

    @property
    def reports(self) -> list[dict[str, Any]]:
        """What `--json` printed."""
        return [json.loads(line) for line in self.out.splitlines()]


class Zygote:
    """The process that the victims are forked from: the program is loaded once. A context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.victim"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=120)
        self._process.stdout.close()

    def run(self, order: dict[str, Any]) -> Ended:
        """One child to its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ended(answer["status"], answer["out"], answer["err"], answer["megabytes"])


class Victims:
    """Runs commands in processes of their own, on an empty machine: `environment` is all they see of the world."""

    def __init__(self, zygote: Zygote, folder: Path, environment: dict[str, str]) -> None:
        self._zygote = zygote
        self.folder = folder
        machine = {"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        self.environment = machine | environment

    def run(self, *arguments: str, **order: Any) -> Ended:
        """A command to its end. `trap`: where it dies; `limit`: bytes that a file may have (a full disk); `umask`;
        `explode`: {place, words}, a call that raises an error nobody thought of."""
        place = {"arguments": arguments, "environment": self.environment, "folder": str(self.folder)}
        return self._zygote.run(place | order)

    def spawn(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """The console script itself, without any trap."""
        script = Path(sys.executable).with_name("dezky-audit-tui")
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [str(script), *arguments],
            env=self.environment,
            cwd=self.folder,
            text=True,
            errors="replace",  # where only some lines were read, the rest may begin in the middle of a character
            **(pipes | options),
        )
