"""What the dashboard adds to a row of its own: that it stands for others, that it stands out, that its origin is new.

Pure. Texts may be hostile still: they are made visible where they are fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from dezky_audit_tui.insight.first_seen import Novelty
from dezky_audit_tui.insight.privileged import WORDS, Privilege
from dezky_audit_tui.insight.words import burst_text, many, novelty_text, session_text
from dezky_audit_tui.model.describe import describe
from dezky_audit_tui.model.event import Row
from dezky_audit_tui.tui.timeline.folds import CLOSED, Fold, Layout
from dezky_audit_tui.tui.words.cells import (
    BROKEN_IN_MARK,
    FAILED_MARK,
    IMPERSONATION_MARK,
    NOTHING,
    PRIVILEGED_MARK,
    Note,
)


class Known(NamedTuple):
    """What is known of a row: why it stands out, what is new of its origin, and whether the reader marked it."""

    privilege: Privilege | None = None
    novelty: Novelty | None = None
    marked: bool = False


def note_of(row: Row, layout: Layout, known: Known, now: datetime, moment: Callable[[datetime], str]) -> Note:
    """`moment`: how to show when somebody was last seen elsewhere."""
    note = _note(row, layout, known, now, moment)
    return note._replace(marked=True) if known.marked else note


def _note(row: Row, layout: Layout, known: Known, now: datetime, moment: Callable[[datetime], str]) -> Note:
    fold = layout.heads.get(row.position)
    if fold is not None:
        return _head(fold, now)
    tag = layout.tags.get(row.position, " ")
    after = layout.after.get(row.position)
    new = _novelty(known.novelty, moment)
    if after is not None:
        words = f"login after {after.failures:,} failed"
        what = f"after {many(after.failures, 'failed login')}"
        return Note(tag, BROKEN_IN_MARK, "broken_in", words, _joined(what, new), bool(new))
    if known.privilege is None or known.privilege == "impersonation":
        return Note(tag, what=new, new=bool(new)) if tag != " " or new else NOTHING
    words = WORDS[known.privilege]
    told = describe(row.event)
    # Where the verb or what was done says the same already, once is enough.
    same = told.startswith(words) or row.event.action.endswith(words.replace(" ", "_"))
    return Note(tag, PRIVILEGED_MARK, "privileged", words, _joined("" if same else words, new), bool(new))


def _head(fold: Fold, now: datetime) -> Note:
    if fold.burst is not None:
        burst = fold.burst
        words = burst_text(burst)
        text = f"{'spraying, ' if burst.kind == 'spray' else ''}{words}"
        short = words.rpartition(", ")[0]
        if burst.succeeded:
            return Note(CLOSED, BROKEN_IN_MARK, "broken_in", short, text, whole=True)
        return Note(CLOSED, FAILED_MARK, "failure", short, text, whole=True)
    assert fold.session is not None  # a fold is one of the two
    text = f"{many(fold.count, 'event')}: {session_text(fold.session, now)}"
    return Note(CLOSED, IMPERSONATION_MARK, "impersonation", many(fold.count, "event"), text, whole=True)


def _novelty(novelty: Novelty | None, moment: Callable[[datetime], str]) -> str:
    if novelty is None or novelty.last is None:
        return ""
    return novelty_text(novelty, moment=moment(novelty.last.at)) or ""


def _joined(*parts: str) -> str:
    return "  ".join(part for part in parts if part)
