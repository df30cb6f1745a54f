"""Where this program keeps its files, as the platform wants it (XDG on Linux), and how they are kept private."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("dezky-audit-tui", appauthor=False)


def config_file() -> Path:
    """The TOML file with settings; it need not exist."""
    return Path(_DIRS.user_config_dir) / "config.toml"


def default_store_file() -> Path:
    """The SQLite file where no store is named."""
    return Path(_DIRS.user_data_dir) / "audit.db"


def log_file() -> Path:
    """The log of what no screen shows: unexpected errors with their traceback."""
    return Path(_DIRS.user_log_dir) / "dezky-audit-tui.log"


def view_file() -> Path:
    """How the dashboard was left."""
    return Path(_DIRS.user_state_dir) / "view.json"


def private_folder(folder: Path) -> Path:
    """Make `folder` and the folders above it where they are missing, for their owner alone (0700). One that is there
    is left as it is.

    Raises OSError where it cannot be made.
    """
    # One by one: `mkdir` itself makes the folders above as the umask has it, which others may write into.
    for each in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        each.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def open_private(path: str, flags: int) -> int:
    """An opener for `open`: a new file is its owner's alone (0600), and a symbolic link is not followed."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
