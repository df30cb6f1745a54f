"""All impersonations that are known, those without an end first: over the dashboard, to go to one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from dezky_audit_tui.insight.kinds import name_of
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.words import clock_text, many, state_text
from dezky_audit_tui.text import fit, visible
from dezky_audit_tui.tui.screens.lines_box import LinesBox, StylePaths
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone, crop, wrap
from dezky_audit_tui.tui.words.zone import Zone

MOST = 500
"""Ended ones that are listed, the newest; those without an end are listed all."""

_NOTE = "A start by API token leaves no session in a browser, so no end ever comes of it: it stays open here."
_READING = " The store is still being read: there may be others."
_HEADS = ("since", "who", "as", "state", "for", "done", "from", "tenant", "reason")
_MOST_CELLS = (17, 20, 20, 20, 10, 12, 24, 14, 80)
_NARROW, _FEW_CELLS = 100, (12, 11, 12, 20, 9, 12, 24, 14, 80)
_NAMES = (2, 1)
"""Columns that take what the others leave, in their order."""
_BEFORE = "   "
"""Stands before the heads, where the rows have their marks."""


def listed(sessions: Sequence[Session]) -> list[Session]:
    """What the list holds of all sessions (those without an end first)."""
    opened = [session for session in sessions if session.is_open]
    return [*opened, *[session for session in sessions if not session.is_open][:MOST]]


def session_lines(
    sessions: Sequence[Session], chosen: int, zone: Zone, now: datetime, width: int
) -> tuple[list[Line], list[int]]:
    """The list under its heads, and on which line each session begins; `chosen` is the one that keys go to. Columns
    for which there is no room stand below the others."""
    if not sessions:
        return [(), (Piece(" No impersonation is known in this store.", "dim"),)], []
    narrow = width < _NARROW
    rows = [_cells(session, zone, now, "%d %b %H:%M" if narrow else "%d %b %H:%M:%S") for session in sessions]
    widths = [
        min(most, max(cell_len(head), *(cell_len(row[at]) for row in rows)))
        for at, (head, most) in enumerate(zip(_HEADS, _FEW_CELLS if narrow else _MOST_CELLS, strict=True))
    ]
    fitting = _fitting(widths, width - len(_BEFORE))
    spare = width - len(_BEFORE) - sum(widths[:fitting]) - 2 * (fitting - 1)
    for at in _NAMES:
        more = max(cell_len(row[at]) for row in rows) - widths[at]
        widths[at] += max(0, min(more, spare))
        spare -= max(0, min(more, spare))
    head = _BEFORE + "  ".join(fit(name, cells) for name, cells in zip(_HEADS, widths[:fitting], strict=False))
    lines: list[Line] = [(), crop((Piece(head.rstrip(), "faint"),), width)]
    starts: list[int] = []
    below = " " * (len(_BEFORE) + widths[0] + 2)
    for at, (session, row) in enumerate(zip(sessions, rows, strict=True)):
        starts.append(len(lines))
        tone: Tone = "dim"
        if session.is_open:
            tone = "warn" if state_text(session, now) == "open" else "bad"
        mark = ("▶" if at == chosen else " ") + ("!" if session.is_open else " ")
        text = "  ".join(fit(cell, cells) for cell, cells in zip(row, widths[:fitting], strict=False))
        lines.append(crop((Piece(f"{mark} ", "accent" if at == chosen else tone), Piece(text.rstrip(), tone)), width))
        rest = "  ".join(cell for cell in row[fitting:] if cell)
        lines += [(Piece(below + words, tone),) for words in wrap(rest, max(1, width - len(below)), 3) if words]
    return lines, starts


def _fitting(widths: Sequence[int], room: int) -> int:
    """How many columns there is room for; the first one always counts."""
    taken = 0
    for at, cells in enumerate(widths):
        if at and taken + cells > room:
            return at
        taken += cells + 2
    return len(widths)


def _cells(session: Session, zone: Zone, now: datetime, clock: str) -> tuple[str, ...]:
    began = zone.place(session.first_at)
    return (
        ("" if session.started_at is not None else "< ") + f"{began:{clock}}",
        visible(name_of(session.admin)),
        visible(name_of(session.behalf)),
        state_text(session, now),
        clock_text(session.age(now)),
        many(session.actions, "action"),
        visible(session.address or "-"),
        visible(session.tenant or "-"),
        visible(session.reason or ""),
    )


class SessionsScreen(LinesBox[Session | None]):
    """Answers with the session to go to, or with None. `read`: all sessions as they stand now; `is_whole`: whether
    the store has told of all."""

    CSS_PATH: ClassVar[StylePaths] = ["lines_box.tcss", "sessions.tcss"]
    NAME = "sessions"
    HEAD, KEYS = "impersonations", "enter: go there   ↑↓: choose   esc: close"
    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,O", "dismiss", "close"),
        Binding("enter,o", "choose", "go there"),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+f", "move(10)", show=False),
        Binding("pageup,ctrl+b", "move(-10)", show=False),
        Binding("home,g", "move(-1000000)", show=False),
        Binding("end,G", "move(1000000)", show=False),
    ]

    def __init__(
        self,
        read: Callable[[], Sequence[Session]],
        is_whole: Callable[[], bool],
        clock: Callable[[], datetime],
        zone: Zone,
    ) -> None:
        super().__init__()
        self._read, self._is_whole, self._clock, self._zone = read, is_whole, clock, zone
        self._sessions: list[Session] = []
        self._chosen: Session | None = None
        self._starts: list[int] = []

    def on_mount(self) -> None:
        """Ages grow, and others begin and end, while it is looked at."""
        self.refresh_list()
        self.set_interval(1.0, self.refresh_list)

    def action_move(self, steps: int) -> None:
        """Choose another one."""
        if self._sessions:
            at = min(max(self._at + steps, 0), len(self._sessions) - 1)
            self._chosen = self._sessions[at]
            self.fill()
            # Before there is room for lines, there are none.
            if at < len(self._starts):
                self.view.reveal(self._starts[at] if at else 0)

    def action_choose(self) -> None:
        """Go to the chosen one."""
        if self._sessions:
            self.dismiss(self._sessions[self._at])

    def refresh_list(self) -> None:
        """Read the sessions anew; the chosen one stays chosen."""
        self._sessions = listed(self._read())
        if self._chosen is None and self._sessions:
            self._chosen = self._sessions[0]
        self.fill()

    @property
    def _at(self) -> int:
        keys = [session.key for session in self._sessions]
        return keys.index(self._chosen.key) if self._chosen is not None and self._chosen.key in keys else 0

    def fill(self) -> None:
        """Show the lines for the width that there is."""
        view = self.view
        width = view.text_width
        if not width:
            return
        whole = self._is_whole()
        lines: list[Line] = []
        if self._sessions or whole:
            lines, self._starts = session_lines(self._sessions, self._at, self._zone, self._clock(), width)
        if not whole:
            lines += [(), (Piece(_READING, "warn"),)]
        if any(session.is_open for session in self._sessions):
            lines += [(), *((Piece(f" {text}", "faint"),) for text in wrap(_NOTE, width - 1, 3))]
        view.show(lines)
        self.fit_box(len(lines))
