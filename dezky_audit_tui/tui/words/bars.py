"""The words of header, banner and footer, laid out to a width. Pure."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len

from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.keymap import Context, footer_keys, roomy_keys
from dezky_audit_tui.tui.words.health import Health
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone, crop, join, spread, width_of, wrap

_LEAST_STORE = 14
"""Cells of the store's name that are of use."""


_LEVEL_TONES: dict[str, Tone] = {"ok": "ok", "busy": "dim", "warn": "warn", "bad": "bad"}


def header_line(width: int, source: str, store: str, zone: str, health: Health, cursor: str = "") -> Line:
    """Source, the last tick's outcome, cursor, lag, next tick, store and zone always; brand and who ingests as the
    width allows. `cursor`: when the newest event was."""
    tone = _LEVEL_TONES[health.level]
    state = [Piece(f"{visible(source)} ", "strong"), Piece(f"{health.glyph} {health.word}", tone)]
    reached = [Piece("cursor ", "dim"), Piece(cursor, "plain"), Piece("  ")] if cursor else []
    lag = [*reached, Piece(visible(health.lag), "bad" if health.level == "bad" else "plain")]
    brand, store_name, place = [Piece("dezky audit", "accent")], [Piece(visible(store), "dim")], [Piece(zone, "dim")]
    upcoming, shorter = [Piece(health.next, "dim")], [Piece(health.next.replace("next tick", "next"), "dim")]
    who = [Piece(visible(health.who), "dim")]
    for groups, right, gap in (
        ((brand, state, lag, upcoming, who, store_name), place, 3),
        ((state, lag, upcoming, who, store_name), place, 3),
        ((state, lag, upcoming, who, store_name), place, 2),
        ((state, lag, shorter, who, store_name), place, 2),
        ((state, lag, shorter, store_name), place, 2),
    ):
        line = join([[piece for piece in group if piece.text] for group in groups], gap)
        if width_of(line) + width_of(right) + 3 <= width:
            return spread((Piece(" "), *line), (*right, Piece(" ")), width)
    # The cursor goes before the name of the store is of no use, then that it is a file or a server, then the retry.
    for parts, name, least in (
        ((state, lag, shorter), visible(store), _LEAST_STORE),
        ((state, lag[-1:], shorter), visible(store), _LEAST_STORE),
        ((state, lag[-1:], shorter), _without_kind(store), _LEAST_STORE // 2),
        ((state, lag[-1:]), _without_kind(store), 0),
    ):
        fixed = (Piece(" "), *join([[piece for piece in group if piece.text] for group in parts], 2), Piece("  "))
        room = width - width_of(fixed) - width_of(place) - 2
        if cell_len(name) <= room + 1 or room >= least:
            break
    # The blank at the end is given for the last letter of a name, not for one more of many.
    behind = Piece("" if cell_len(name) == room + 1 else " ")
    kept = crop((Piece(name, "dim"),), room + 1 - behind.width)
    return spread((*fixed, *kept), (Piece(" "), *place, behind), width)


def _without_kind(store: str) -> str:
    """`audit.db` of `sqlite audit.db`."""
    return visible(store.partition(" ")[2] or store)


def banner_lines(width: int, health: Health) -> list[Line]:
    """What is wrong and what to do, in at most three lines; none where all is well."""
    if health.problem is None:
        return []
    tone: Tone = "loud" if health.level == "bad" else "warn"
    mark = f" {health.glyph} "
    lines = wrap(visible(health.problem), max(10, width - len(mark) - 1), 3)
    return [
        spread((Piece((mark if at == 0 else " " * len(mark)) + line, tone),), (), width)
        if tone != "loud"
        else (Piece(((mark if at == 0 else " " * len(mark)) + line).ljust(width), tone),)
        for at, line in enumerate(lines)
    ]


def notice_lines(width: int, notice: str) -> list[Line]:
    """What is said, in at most three lines."""
    head = (Piece(" › ", "accent"),)
    texts = wrap(visible(notice), max(10, width - width_of(head) - 1), 3)
    return [
        spread((*(head if at == 0 else (Piece(" " * width_of(head)),)), Piece(text, "strong")), (), width)
        for at, text in enumerate(texts)
    ]


@lru_cache(maxsize=32)
def footer_line(width: int, context: Context, notice: str | None) -> Line:
    """The keys that matter here; a notice takes their place for some seconds."""
    if notice is not None:
        return crop((Piece(" › ", "accent"), Piece(visible(notice), "strong")), width)
    keys = list(footer_keys(context))
    roomy = sum(cell_len(key) + cell_len(label) + 4 for key, label in keys) <= width
    line: Line = ()
    for key, label in (*keys, *roomy_keys(context)):
        longer = join((line, (Piece(key, "key"), Piece(f" {label}", "dim"))), 3 if roomy else 2)
        if width_of(longer) + 1 <= width:
            line = longer
    return (Piece(" "), *line)
