"""The programs that an operator would use instead, put in place where they can be had."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Tell = Callable[[str], None]

TOOLONG = "toolong==1.5.0"


def find_toolong(folder: Path, tell: Tell) -> list[str] | None:
    """Its command. It gets an environment of its own, since it wants another version of the screen's library."""
    place = folder / "toolong"
    program = place / "bin" / "tl"
    if not program.exists():
        tell(f"installing {TOOLONG}")
        try:
            _run([sys.executable, "-m", "venv", str(place)])
            _run([str(place / "bin" / "pip"), "install", "--quiet", TOOLONG])
            # Compiled once, as after any installation: what is compared is not the compiler.
            _run([str(place / "bin" / "python"), "-m", "compileall", "-q", str(place / "lib")])
        except (OSError, subprocess.CalledProcessError):
            shutil.rmtree(place, ignore_errors=True)
            tell("toolong cannot be installed: going on without it")
            return None
    return [str(program)]


def find_debian(name: str, tell: Tell) -> list[str] | None:
    """The command of a package of Debian of the same name."""
    if shutil.which(name) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        tell(f"installing {name}")
        try:
            _run(["apt-get", "update", "-qq"])
            _run(["apt-get", "install", "-qq", "-y", name])
        except (OSError, subprocess.CalledProcessError):
            tell(f"{name} cannot be installed")
    if shutil.which(name) is None:
        tell(f"{name} is not here: going on without it")
        return None
    return [name]


def _run(command: list[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
