"""What can be taken along of an event and of a view, as texts that do nothing where they are pasted. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Literal

from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.query import Query
from dezky_audit_tui.text import visible
from dezky_audit_tui.tui.plain import plain_line
from dezky_audit_tui.tui.words.detail_lines import copy_text

CopyName = Literal["json", "id", "row", "command"]

LIMIT = 64 * 1024
"""Bytes; terminals drop longer sequences without a word."""


@dataclass(frozen=True, slots=True)
class Copy:
    """`key`: what chooses it."""

    name: CopyName
    key: str
    words: str


COPIES: tuple[Copy, ...] = (
    Copy("json", "y", "the event as JSON"),
    Copy("id", "i", "the event's id at its source"),
    Copy("row", "r", "the event on one line"),
    Copy("command", "c", "the command line that shows this view"),
)


def text_to_copy(name: CopyName, event: AuditEvent, query: Query) -> str:
    """The text. Without an id of its source, the event's moment and verb stand for it."""
    match name:
        case "json":
            return copy_text(event)
        case "id":
            return visible(event.external_id or f"{event.at.isoformat()} {event.action}")
        case "row":
            return plain_line(event)
        case "command":
            return command_line(query)


def command_line(query: Query) -> str:
    """`dezky-audit-tui timeline 'tenant:acme' '!actor:root'`, quoted for a shell."""
    terms = [term.text for term in query.terms]
    dashed = ["--"] if any(term.startswith("-") for term in terms) else []
    return " ".join(["dezky-audit-tui", "timeline", *dashed, *map(quoted, terms)])


def quoted(word: str) -> str:
    """A word for a shell (bash, zsh, ksh): what could act on the terminal stands in it as an escape."""
    if visible(word) == word:
        return shlex.quote(word)
    shown = [
        char if visible(char) == char and char not in "\\'" else f"\\{char}" if char in "\\'" else _escape(char)
        for char in word
    ]
    return "$'" + "".join(shown) + "'"


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
