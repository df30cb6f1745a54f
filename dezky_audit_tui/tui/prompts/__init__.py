"""What is typed at a prompt: read, completed, remembered. Loaded when it is first typed at: see `later`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dezky_audit_tui.tui.later import later

if TYPE_CHECKING:
    from dezky_audit_tui.tui.prompts import completion as completion
    from dezky_audit_tui.tui.prompts import filters as filters
    from dezky_audit_tui.tui.prompts import jump as jump
    from dezky_audit_tui.tui.prompts import values as values

__getattr__ = later(__name__)
