"""The keys that take something along: copies, files, all that matches. The main screen has them from here.

What they need is loaded when one of them is pressed: no start waits for it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.worker import Worker

from dezky_audit_tui.errors import AuditError, Interrupted
from dezky_audit_tui.insight.words import many
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.prompts.fault import Fault
from dezky_audit_tui.tui.screens.frame import Frame

if TYPE_CHECKING:
    from dezky_audit_tui.tui.screens.copying import Choice

_TELL_EVERY_S = 0.5


class TakingKeys(Frame):
    """Nothing leaves the screen but by these keys."""

    _export: Worker[None] | None = None
    _to_save = ""

    def action_copy(self) -> None:
        """Ask what of the selected event."""
        from dezky_audit_tui.tui.screens.copying import CopyScreen

        row, query = self.selected_row(), self.browser.wanted
        if row is not None:
            # Another event may be the selected one by the time of the answer.
            self.app.push_screen(CopyScreen(), lambda choice: self._copy(choice, row, query))

    def action_export(self) -> None:
        """Ask for a file, and write what matches into it."""
        if self._export is not None and self._export.is_running:
            self.tell("an export runs already; esc stops it")
            return
        name = f"audit-{self.clock():%Y%m%d-%H%M%S}.jsonl"
        self.ask("export", "export to (.jsonl or .csv)", name, "", fault_of_export)

    def typed_export(self, text: str) -> None:
        """The prompt's answer, which `fault_of_export` has found good."""
        self._export = self._write_all(_file(text))

    def typed_file(self, text: str) -> None:
        """The prompt's answer, which `fault_of_file` has found good."""
        from dezky_audit_tui.ops.files import save_text

        file = _file(text)
        try:
            save_text(file, self._to_save)
        except AuditError as error:
            self.tell(error.message)
        else:
            self.tell(f"written to {visible(str(file))}, for you alone (0600)")

    def stop_export(self) -> bool:
        """End the export that runs; False where none does."""
        if self._export is None or not self._export.is_running:
            return False
        self._export.cancel()
        self.tell("export stopped; nothing of it is left")
        return True

    def _copy(self, choice: Choice | None, row: Row, query: Query) -> None:
        from dezky_audit_tui.tui.words.copies import LIMIT, text_to_copy

        if choice is None:
            return
        name, to_file = choice
        text = text_to_copy(name, row.event, query)
        size = len(text.encode())
        if to_file:
            self._to_save = text if text.endswith("\n") else f"{text}\n"
            ending = "json" if name == "json" else "txt"
            self.ask("file", "write to", f"event-{row.event.at:%Y%m%d-%H%M%S}.{ending}", "", fault_of_file)
        elif size > LIMIT:
            self.tell(f"too large for a terminal's clipboard: {size:,} bytes; f writes it to a file")
        else:
            self.app.copy_to_clipboard(text)
            self.tell(f"sent to the terminal: {size:,} bytes (its clipboard has to allow OSC 52)")

    @work(exclusive=True, group="export")
    async def _write_all(self, file: Path) -> None:
        from dezky_audit_tui.ops.files import export_to, form_of

        browser = self.browser
        query = browser.wanted
        total = browser.matching if query.terms else self.narrator.news.total
        of = f" of {total:,}" if total is not None else ""
        told = 0.0

        def progress(written: int) -> None:
            nonlocal told
            if time.monotonic() - told >= _TELL_EVERY_S and not self.is_calling:
                told = time.monotonic()
                self.tell(f"exporting: {written:,}{of} events (esc stops)")

        form = form_of(file)
        if form is None:
            return
        try:
            written = await export_to(self.setup.store, query, file, form, progress)
        except Interrupted:
            self.tell("export stopped; nothing of it is left")
        except AuditError as error:
            self.tell(error.message)
        else:
            self.tell(f"{many(written, 'event')} written to {visible(str(file))}, for you alone (0600)", stays=True)


def fault_of_export(text: str) -> Fault | None:
    """Why nothing can be exported there."""
    from dezky_audit_tui.ops.files import form_of

    file = _file(text)
    if not text.strip() or form_of(file) is None:
        return Fault("the name of a new file that ends in .jsonl or .csv")
    return fault_of_file(text)


def fault_of_file(text: str) -> Fault | None:
    """Why it cannot be made."""
    from dezky_audit_tui.ops.files import why_not

    if not text.strip():
        return Fault("the name of a new file")
    try:
        why = why_not(_file(text))
    except (OSError, ValueError, RuntimeError):
        why = "no name for a file"
    return Fault(why) if why is not None else None


def _file(text: str) -> Path:
    path = Path(text.strip())
    try:
        return path.expanduser()
    except RuntimeError:
        return path
