"""The dashboard's own colours: one accent, quiet borders; red and yellow only for what should be noticed."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="dezky-dark",
    primary="#56b6c2",
    accent="#56b6c2",
    secondary="#8fb1d4",
    success="#7fb685",
    warning="#e0b064",
    error="#ef7a85",
    foreground="#d4dae0",
    background="#12161b",
    surface="#171c22",
    panel="#263039",
    dark=True,
)
