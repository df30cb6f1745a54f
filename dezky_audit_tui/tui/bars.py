"""The words of header, filter line, banner and footer, laid out to a width. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from rich.cells import cell_len

from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.health import Health
from dezky_audit_tui.tui.keymap import Context, footer_keys
from dezky_audit_tui.tui.pieces import Line, Piece, Tone, crop, join, spread, width_of, wrap

_LEAST_STORE = 14
"""Cells of the store's name that are of use."""

_BEFORE_STATE, _BEHIND_STATE = "  ", "   "
Part = Literal["filter", "search", "following"]
"""A part of the filter line that a click does something on."""

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


@dataclass(frozen=True, slots=True)
class FilterWords:
    """`chips`: the terms that hold; `off`: that they are switched off, `context`: to show a row's neighbours.
    `matching`, `hits` (of `search`) None: not known (yet).
    `waits`: the store is away, and the rows are not of these terms yet."""

    chips: Sequence[str] = ()
    off: bool = False
    matching: int | None = None
    counting: bool = False
    total: int | None = None
    following: bool = True
    pill: str = ""
    searching: bool = False
    context: bool = False
    search: str = ""
    hits: int | None = None
    waits: bool = False


def filter_line(width: int, words: FilterWords) -> Line:
    """The chips at the left; what the timeline does and how many events match at the right. The terms have to be
    seen: where there is no room, the right says less, and what brings them back is left to the help."""
    left, right = _terms(words, brief=False), _state(words, 0)
    for brief, less in ((False, 0), (False, 1), (False, 2), (True, 2), (True, 3)):
        left, right = _terms(words, brief=brief), _state(words, less)
        if width_of(left) + width_of(right) <= width:
            break
    return spread(left, right, width)


def _terms(words: FilterWords, *, brief: bool) -> Line:
    left: list[Piece] = [Piece(" "), Piece("/", "key"), Piece(" ")]
    if not words.chips:
        left.append(Piece("no filter", "faint"))
    elif words.off:
        chips, back = " ".join(map(visible, words.chips)), "c: back" if words.context else "f: on again"
        back = " " if brief else f" ({back}) "
        left.append(Piece(f"{'context, ' if words.context else ''}off: {chips}{back}", "warn"))
    else:
        for chip in words.chips:
            left += [Piece(f" {visible(chip)} ", "chip"), Piece(" ")]
    if words.search:
        hits = "" if words.hits is None else f" {words.hits:,} hit{'' if words.hits == 1 else 's'}"
        left += [Piece(" s " if brief else "  s ", "key"), Piece(f" {visible(words.search)} ", "pill")]
        left.append(Piece(hits, "dim"))
    return tuple(left)


def _state(words: FilterWords, less: int) -> Line:
    """`less`: 0 all; 1 without the failed ones that came; 2 with one number at the end; 3 in signs."""
    parts = words.pill.split(", ")
    if less:
        parts = [part for part in parts if not part.endswith(" failed")]
    if less == 3:
        parts = [part.replace(" impersonations", " !").replace(" impersonation", " !") for part in parts]
    count = _count(words)
    if less > 1:
        count = count.removesuffix(" events").partition(" of ")[0]
    following = _following(replace(words, pill=", ".join(parts)))
    return (Piece(_BEFORE_STATE), *following, Piece(_BEHIND_STATE), Piece(count, "dim"), Piece(" "))


def part_at(line: Line, x: int) -> Part | None:
    """What stands at a cell of a filter line; None at the counts and beside it all."""
    edges = [0, *accumulate(piece.width for piece in line)]
    state = [at for at, piece in enumerate(line) if piece.text == _BEFORE_STATE][-1:]
    count = [at for at, piece in enumerate(line) if piece.text == _BEHIND_STATE][-1:]
    if not state or not count or not 0 <= x < edges[-1]:
        return None
    if x >= edges[state[0]]:
        return "following" if edges[state[0] + 1] <= x < edges[count[0]] else None
    searches = [edges[at] for at, piece in enumerate(line[: state[0]]) if piece.tone == "pill"]
    return "search" if searches and x >= searches[-1] else "filter"


def prompt_state(width: int, words: FilterWords, *, filtering: bool) -> Line:
    """What stands at the right of a prompt: how many rows match while a filter is typed, else the filter that holds."""
    if words.searching:
        return (Piece(" searching… ", "warn"),)
    if filtering:
        return crop((Piece(f" {_count(words)} ", "dim"),), width)
    chips = [piece for chip in words.chips for piece in (Piece(f" {visible(chip)} ", "chip"), Piece(" "))]
    return crop((Piece(" "), *chips), width) if not words.off else ()


def _following(words: FilterWords) -> Line:
    if words.searching:
        return (Piece("searching, esc stops", "warn"),)
    if words.waits:
        return (Piece("waits for the store", "warn"),)
    if words.following:
        return (Piece("● ", "ok"), Piece("following", "dim"))
    if words.pill:
        return (Piece("paused ", "warn"), Piece(f" {words.pill} ", "pill"))
    return (Piece("paused", "warn"),)


def _count(words: FilterWords) -> str:
    total = "…" if words.total is None else f"{words.total:,}"
    if not words.chips or words.off:
        return f"{total} events"
    if words.counting and words.matching is None:
        return f"counting… of {total}"
    return f"? of {total}" if words.matching is None else f"{words.matching:,} of {total}"


def pill_text(new: int, impersonations: int, failures: int) -> str:
    """What came while paused: `+12 new, 2 impersonations`."""
    if not new:
        return ""
    parts = [f"+{new:,} new"]
    if impersonations:
        parts.append(f"{impersonations:,} impersonation{'s' if impersonations > 1 else ''}")
    if failures:
        parts.append(f"{failures:,} failed")
    return ", ".join(parts)


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


def footer_line(width: int, context: Context, notice: str | None) -> Line:
    """The keys that matter here; a notice takes their place for some seconds."""
    if notice is not None:
        return crop((Piece(" › ", "accent"), Piece(visible(notice), "strong")), width)
    keys = list(footer_keys(context))
    roomy = sum(cell_len(key) + cell_len(label) + 4 for key, label in keys) <= width
    line: Line = ()
    for key, label in keys:
        longer = join((line, (Piece(key, "key"), Piece(f" {label}", "dim"))), 3 if roomy else 2)
        if width_of(longer) + 1 <= width:
            line = longer
    return (Piece(" "), *line)
