"""The filter line: the terms as chips, what the timeline does, and how many events match. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.words.pieces import Line, Piece, crop, join, spread, width_of

_BEFORE_STATE, _BEHIND_STATE = "  ", "   "
_HEAD = "   "
"""As wide as what stands before the terms, and in its place on further lines."""

MOST_LINES = 3
"""So many the filter takes."""

Part = Literal["filter", "search", "following"]
"""A part of the filter line that a click does something on."""


class FilterWords(NamedTuple):
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


def filter_lines(width: int, words: FilterWords, most: int = MOST_LINES) -> list[Line]:
    """The chips at the left; what the timeline does and how many events match at the right. The terms have to be
    seen: where there is no room, the right says less, what brings them back is left to the help, and last they take
    more lines, `most` at most."""
    for brief, less in ((False, 0), (False, 1), (False, 2), (True, 2), (True, 3)):
        left, right = join(_terms(words, brief=brief), 1), _state(words, less)
        if width_of(left) + len(_HEAD) + width_of(right) <= width:
            return [spread((*_head(), *left), right, width)]
    return _folded(width, _terms(words, brief=True), _state(words, 3), most if words.chips or words.search else 1)


def _folded(width: int, terms: Sequence[Line], state: Line, most: int) -> list[Line]:
    """The terms on as many lines as they take; those that the last line has no room for are counted."""
    lines: list[Line] = []
    whole = width - len(_HEAD)
    while terms and len(lines) < most:
        last = len(lines) == most - 1
        start, end, room = ((Piece(_HEAD),), (), whole) if lines else (_head(), state, max(0, whole - width_of(state)))
        # One that fits on a line of its own is not cut for what stands at the end of the first.
        least = 0 if most > 1 and not lines and room < width_of(terms[0]) <= whole else 1
        fits = (n for n in range(len(terms), least, -1) if width_of(_row(terms, n, counted=last)) <= room)
        taken = next(fits, least)
        lines.append(spread((*start, *crop(_row(terms, taken, counted=last), room)), end, width))
        terms = terms[taken:]
    return lines


def _row(terms: Sequence[Line], taken: int, *, counted: bool) -> Line:
    more = ((Piece(f"+{len(terms) - taken} more", "warn"),),) if counted and taken < len(terms) else ()
    return join((*terms[:taken], *more), 1)


def _head() -> Line:
    return (Piece(" "), Piece("/", "key"), Piece(" "))


def _terms(words: FilterWords, *, brief: bool) -> list[Line]:
    """What must not be torn apart: the terms, what brings them back, and the search."""
    terms: list[Line] = []
    if not words.chips:
        terms.append((Piece("no filter", "faint"),))
    elif words.off:
        before = f"{'context, ' if words.context else ''}off: "
        terms = [(Piece(f"{before if at == 0 else ''}{visible(chip)}", "warn"),) for at, chip in enumerate(words.chips)]
        if not brief:
            terms.append((Piece("(c: back)" if words.context else "(f: on again)", "warn"),))
    else:
        terms = [(Piece(f" {visible(chip)} ", "chip"),) for chip in words.chips]
    if words.search:
        hits = "" if words.hits is None else f" {words.hits:,} hit{'' if words.hits == 1 else 's'}"
        terms.append(
            (Piece("s " if brief else " s ", "key"), Piece(f" {visible(words.search)} ", "pill"), Piece(hits, "dim"))
        )
    return terms


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
    following = _following(words._replace(pill=", ".join(parts)))
    return (Piece(_BEFORE_STATE), *following, Piece(_BEHIND_STATE), Piece(count, "dim"), Piece(" "))


def part_at(line: Line, x: int) -> Part | None:
    """What stands at a cell of a filter line; None at the counts and beside it all."""
    edges = [0, *accumulate(piece.width for piece in line)]
    if not 0 <= x < edges[-1]:
        return None
    state = next((at for at in range(len(line) - 1, -1, -1) if line[at].text == _BEFORE_STATE), len(line))
    count = next((at for at in range(len(line) - 1, state, -1) if line[at].text == _BEHIND_STATE), None)
    if count is None:
        state = len(line)  # a further line has terms alone
    elif x >= edges[state]:
        return "following" if edges[state + 1] <= x < edges[count] else None
    searches = [edges[at] for at, piece in enumerate(line[:state]) if piece.tone == "pill"]
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
