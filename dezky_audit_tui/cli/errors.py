"""How a command may end before it is through."""

from __future__ import annotations

from dezky_audit_tui.errors import AuditError


class OutputFailed(AuditError):
    """stdout takes no more, for another reason than a reader that went away."""

    kind = "output"


class ReaderGone(Exception):
    """Whoever read the output has had enough: a quiet end. No OSError, since click ends those with code 1."""


class CutShort(Exception):
    """SIGINT ended it. Not KeyboardInterrupt, for which click writes an empty line."""
