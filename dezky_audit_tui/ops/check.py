"""One thing that `doctor` looked at, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dezky_audit_tui.errors import SourceError

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy` says what to do; empty where there is nothing to do."""

    name: str
    status: Status
    message: str
    remedy: str = ""


def failed(name: str, error: SourceError) -> Check:
    """The client's own words say what to do: after the colon, where there is one."""
    what, _, remedy = error.message.partition(": ")
    return Check(name, "fail", what, remedy or "see Authentik's own log, or that of the proxy in front")


def not_checked(name: str, why: str) -> Check:
    """A check that needs what is not there."""
    return Check(name, "warn", f"not checked: {why}")
