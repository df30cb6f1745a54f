"""How the reader left the dashboard: kept in a file of the state folder, and taken up again at the next start.

It holds what was on the screen, and nothing of the settings: no address, no token.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from dezky_audit_tui import paths
from dezky_audit_tui.tui.prompts.history import MOST
from dezky_audit_tui.tui.theme import ThemeName
from dezky_audit_tui.tui.widgets.panes_dock import PaneName
from dezky_audit_tui.tui.words.zone import ZoneMode

_LONGEST = 64 * 1024
_ALLOWED: dict[str, tuple[str, ...]] = {
    "zone": get_args(ZoneMode),
    "theme": get_args(ThemeName),
    "pane": (*get_args(PaneName), "closed"),
}


@dataclass(frozen=True, slots=True)
class LastView:
    """`filter`: the terms as typed; `off`: that they were switched off. `pane`: its name, `closed`, or None where the
    reader chose none. `theme` None: none was chosen. `filters`, `searches`: what was typed, oldest first."""

    filter: str = ""
    off: bool = False
    zone: ZoneMode = "utc"
    theme: ThemeName | None = None
    pane: PaneName | Literal["closed"] | None = None
    filters: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()


def read_view(file: Path) -> LastView:
    """What the file holds; the usual view where it is missing, broken or not ours alone to write."""
    try:
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            if status.st_uid != os.getuid() or status.st_mode & 0o022:
                return LastView()
            data = json.loads(opened.read(_LONGEST))
    except (OSError, ValueError, RecursionError):
        return LastView()
    return _view_of(data) if isinstance(data, dict) else LastView()


def write_view(file: Path, view: LastView) -> None:
    """Put it in the file's place at once, for its owner alone (0600). Where that fails, nothing is kept."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        paths.private_folder(file.parent)
        with open(fresh, "x", opener=paths.open_private, encoding="utf-8") as opened:
            json.dump(asdict(view), opened)
        fresh.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()


def _view_of(data: dict[str, Any]) -> LastView:
    """The values that make sense; each of the others is as usual."""
    kept: dict[str, Any] = {}
    for field in fields(LastView):
        value = data.get(field.name)
        allowed = _ALLOWED.get(field.name)
        if allowed is not None:
            good = isinstance(value, str) and value in allowed
        elif isinstance(field.default, tuple):
            value = tuple(value[-MOST:]) if isinstance(value, list) else None
            good = value is not None and all(isinstance(text, str) for text in value)
        else:
            good = type(value) is type(field.default)
        if good:
            kept[field.name] = value
    return LastView(**kept)
