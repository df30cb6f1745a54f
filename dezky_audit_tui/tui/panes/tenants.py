"""The tenants pane: how tenants were found, which groups name none, and why the selected event has its own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from dezky_audit_tui.model.event import REASONS, AuditEvent
from dezky_audit_tui.store.store import TenantCounts
from dezky_audit_tui.text import fit, visible
from dezky_audit_tui.tui.panes.counting import counting_line
from dezky_audit_tui.tui.words.pieces import Line, Piece, Tone, crop, width_of, wrap
from dezky_audit_tui.tui.words.why import REASON_WORDS, REMEDIES, why_text

_Entry = tuple[str, int, Tone]


def tenants_pane(
    counts: TenantCounts | None, selected: AuditEvent | None, width: int, *, away: bool = False
) -> list[Line]:
    """The selected event's reason, then what was counted, side by side."""
    lines: list[Line] = []
    if selected is not None:
        lines += _chosen(selected, width)
    if counts is None:
        return [*lines, counting_line(away=away)]
    if counts.no_list is not None:
        lines.append(crop((Piece(f" ! {visible(counts.no_list)}", "warn"),), width))
    lines += _reasons(counts, width)
    columns: list[tuple[str, list[_Entry]]] = [
        (
            "groups that name no tenant",
            [(visible(name), count, "warn") for name, count in _most(counts.unknown_groups)],
        ),
        ("events by tenant", [(visible(name), count, "plain") for name, count in _most(counts.tenants)]),
    ]
    return [*lines, (), *_side_by_side(columns, width)]


def _chosen(selected: AuditEvent, width: int) -> Iterator[Line]:
    """Why the selected event has its tenant, on as many lines as it takes."""
    tenant = visible(selected.tenant_slug) if selected.tenant_slug else "none"
    head = (Piece(" ▶ selected: ", "accent"), Piece(tenant, "strong"), Piece("   "))
    why = why_text(selected)
    beside = width - width_of(head)
    if width < _NARROW or beside < _NARROW // 2:
        yield crop(head[:-1], width)
        yield from ((Piece(f"   {words}"),) for words in wrap(why, width - 4, 4))
        return
    for at, words in enumerate(wrap(why, beside - 1, 4)):
        yield (*(head if at == 0 else (Piece(" " * width_of(head)),)), Piece(words))


def _reasons(counts: TenantCounts, width: int) -> Iterator[Line]:
    """Those without a tenant first, the most frequent ones first, and below each what would fix it."""
    ordered = sorted(REASONS, key=lambda reason: (reason == "matched", -counts.reasons.get(reason, 0)))
    narrow = width < _NARROW
    below = "" if narrow else "what would give the next ones one"
    yield (Piece(fit(" why events have no tenant", _REASON + 2), "faint"), Piece(below, "faint"))
    for reason in ordered:
        count = counts.reasons.get(reason, 0)
        tone: Tone = "faint" if not count else "bad" if reason == "lookup_failed" else "plain"
        number = f"{count:,}"
        name = Piece(f" {fit(REASON_WORDS[reason], _REASON - len(number) - 2)} {number}  ", tone)
        remedy = "(these have one)" if reason == "matched" else REMEDIES[reason] if count else ""
        said: Tone = "faint" if reason == "matched" else "dim"
        if narrow:
            yield crop((name,), width)
            yield from ((Piece(f"   {words}", said),) for words in wrap(remedy, width - 4, 3) if words)
            continue
        for at, words in enumerate(wrap(remedy, max(20, width - _REASON - 3), 3)):
            yield (Piece(" " * name.width) if at else name, Piece(words, said))


_REASON = 43
"""Cells of a reason with its count."""

_NARROW = 72
"""Below so many cells, what would fix a reason stands below it."""


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _side_by_side(columns: Sequence[tuple[str, Sequence[_Entry]]], width: int) -> list[Line]:
    widths = [width // len(columns)] * len(columns)
    heads = tuple(Piece(fit(f" {head}", room), "faint") for (head, _), room in zip(columns, widths, strict=True))
    lines: list[Line] = [heads]
    for entries in zip_longest(*(entries for _, entries in columns)):
        pieces: list[Piece] = []
        for entry, room in zip(entries, widths, strict=True):
            if entry is None:
                pieces.append(Piece(" " * room))
                continue
            name, count, tone = entry
            number = f"{count:,}"
            pieces.append(Piece(f" {fit(name, max(1, room - len(number) - 4))} {number}  ", tone))
        lines.append(tuple(pieces))
    return lines
