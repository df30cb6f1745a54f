"""The tenants pane: how tenants were found, which groups name none, and why the selected event has its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from dezky_audit_tui.model.event import REASONS, AuditEvent, Reason
from dezky_audit_tui.store.store import TenantCounts
from dezky_audit_tui.text import fit, visible
from dezky_audit_tui.tui.pieces import Line, Piece, Tone, crop
from dezky_audit_tui.tui.why import REASON_WORDS, why_text

_Entry = tuple[str, int, Tone]


def tenants_pane(counts: TenantCounts | None, selected: AuditEvent | None, width: int) -> list[Line]:
    """The selected event's reason, then what was counted, side by side."""
    lines: list[Line] = []
    if selected is not None:
        tenant = visible(selected.tenant_slug) if selected.tenant_slug else "none"
        words = Piece(f"   {why_text(selected)}")
        lines.append(crop((Piece(" ▶ selected: ", "accent"), Piece(tenant, "strong"), words), width))
    if counts is None:
        return [*lines, (Piece(" counting…", "dim"),)]
    columns = [
        ("how the tenant was found", [_reason(reason, counts) for reason in REASONS]),
        ("events by tenant", [(visible(name), count, "plain") for name, count in _most(counts.tenants)]),
        (
            "groups that name no tenant",
            [(visible(name), count, "warn") for name, count in _most(counts.unknown_groups)],
        ),
    ]
    if width >= 100:
        return lines + _side_by_side(columns, width)
    return [*lines, *_side_by_side(columns[:2], width), (), *_side_by_side(columns[2:], width)]


def _reason(reason: Reason, counts: TenantCounts) -> _Entry:
    count = counts.reasons.get(reason, 0)
    tone: Tone = "faint" if not count else "bad" if reason == "lookup_failed" else "plain"
    return REASON_WORDS[reason], count, tone


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _side_by_side(columns: Sequence[tuple[str, Sequence[_Entry]]], width: int) -> list[Line]:
    shares = {3: (50, 22, 28), 2: (64, 36), 1: (100,)}[len(columns)]
    widths = [width * share // 100 for share in shares]
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
