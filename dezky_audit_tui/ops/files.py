"""Files that an operator asks for: their owner's alone (0600), whole or not there, and never over another one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from dezky_audit_tui.errors import AuditError
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.ops.export import csv_header, csv_line, event_line, newest_first
from dezky_audit_tui.paths import open_private
from dezky_audit_tui.store.store import Store

Form = Literal["jsonl", "csv"]
_FORMS: dict[str, Form] = {".jsonl": "jsonl", ".csv": "csv"}


class FileRefused(AuditError):
    """A file cannot be written, or is there already."""

    kind = "file"


def form_of(file: Path) -> Form | None:
    """What its ending asks for; None for others."""
    return _FORMS.get(file.suffix.lower())


def why_not(file: Path) -> str | None:
    """Why it cannot be made, before it is tried."""
    if file.exists() or file.is_symlink():
        return "a file of that name is there already, and is not overwritten: another name"
    if not file.parent.is_dir():
        return f"there is no folder {file.parent}"
    return None


def save_text(file: Path, text: str) -> None:
    """Write one text. Raises FileRefused."""
    with _new(file) as opened:
        opened.write(text)


async def export_to(store: Store, query: Query, file: Path, form: Form, progress: Callable[[int], None]) -> int:
    """All rows that match, newest first, as `timeline` writes them; how many. `progress` is told after each page.

    Cancelled or failed, it leaves no file behind. Raises FileRefused, StoreError and Interrupted.
    """
    written = 0
    with _new(file) as opened:
        if form == "csv":
            opened.write(csv_header() + "\n")
        line = csv_line if form == "csv" else event_line
        async for rows in newest_first(store, query):
            text = "".join(f"{line(row.event)}\n" for row in rows)
            await asyncio.to_thread(opened.write, text)
            written += len(rows)
            progress(written)
    return written


@contextmanager
def _new(file: Path) -> Iterator[IO[str]]:
    """A file that takes its name when it is whole. The name is taken at once, so that nobody else does."""
    part = file.with_name(f"{file.name}.part")
    made: list[Path] = []
    try:
        for each in (file, part):
            open(each, "x", opener=open_private, encoding="utf-8").close()
            made.append(each)
        with part.open("w", encoding="utf-8") as opened:
            yield opened
        part.replace(file)
        made.clear()
    except FileExistsError as error:
        raise FileRefused(f"{error.filename} is there already, and is not overwritten: choose another name") from None
    except OSError as error:
        raise FileRefused(f"{file} cannot be written: {error.strerror or type(error).__name__}") from None
    finally:
        for each in made:
            with contextlib.suppress(OSError):
                each.unlink()
