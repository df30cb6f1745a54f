"""stdout is data: lines of JSON, csv or a table, each written whole."""

from __future__ import annotations

import os
import select
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from dezky_audit_tui.cli.errors import OutputFailed, ReaderGone
from dezky_audit_tui.ops.export import json_line
from dezky_audit_tui.text import fit, visible

_GAP = "  "


def write_lines(lines: Iterable[str], *, flush: bool = False) -> None:
    """Lines to stdout. Raises OutputFailed (a full disk), and ReaderGone where nobody reads them any more."""
    try:
        for line in lines:
            sys.stdout.write(line + "\n")
        if flush:
            sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone from None
    except OSError as error:
        raise OutputFailed(f"the output cannot be written: {error.strerror or type(error).__name__}") from None


def look_for_reader() -> None:
    """Raises ReaderGone where nobody reads stdout any more: while there is nothing to write, nothing else tells."""
    try:
        poll = select.poll()
        poll.register(sys.stdout, 0)
        found = poll.poll(0)
    except (AttributeError, OSError, ValueError):  # a system without poll, or a stdout without a file
        return
    if found:
        raise ReaderGone


def write_json(data: Mapping[str, Any]) -> None:
    """One JSON object on one line."""
    write_lines([json_line(data)], flush=True)


def terminal_width() -> int | None:
    """The columns of the terminal, or None where stdout is none: then nothing is cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def in_colour() -> bool:
    """Whether colours may be used: a terminal, and NO_COLOR not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(header: Sequence[str], rows: Sequence[Sequence[str]], *, indent: str = "") -> list[str]:
    """A table with columns as wide as their cells. On a terminal none but the last takes more than half of it, so that
    one long name pushes no other column out; the last one is cut at the edge."""
    table = [tuple(header), *(tuple(visible(cell) for cell in row) for row in rows)]
    widths = [max(cell_len(row[place]) for row in table) for place in range(len(header))]
    room = terminal_width()
    if room is not None:
        widths = [*(min(width, room // 2) for width in widths[:-1]), widths[-1]]
    lines = []
    for row in table:
        line = indent + _GAP.join(fit(cell, width) for cell, width in zip(row, widths, strict=True))
        lines.append((line if room is None or cell_len(line) <= room else fit(line, room)).rstrip())
    return lines


def pairs(values: Sequence[tuple[str, str]]) -> list[str]:
    """Names and values below each other, the values aligned."""
    width = max((cell_len(name) for name, _ in values), default=0)
    return [f"{fit(name, width)}{_GAP}{visible(value)}".rstrip() for name, value in values]
