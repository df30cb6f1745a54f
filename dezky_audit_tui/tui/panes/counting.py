"""What stands in a pane that has nothing counted yet. Pure."""

from __future__ import annotations

from dezky_audit_tui.tui.words.pieces import Line, Piece


def counting_line(*, away: bool) -> Line:
    """That it is being counted; or, where the store is `away`, that it cannot be."""
    if away:
        return (Piece(" The store is away: this is counted as soon as it is back.", "warn"),)
    return (Piece(" counting…", "dim"),)
