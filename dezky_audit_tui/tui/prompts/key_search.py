"""Finds what a key does by the words of somebody who does not know its name. Pure."""

from __future__ import annotations

import re

from dezky_audit_tui.tui.keymap import Key

ALSO: dict[str, str] = {
    "tick": "refresh reload sync fetch poll update import",
    "filter": "query find where limit narrow grep",
    "pause": "stop freeze hold follow tail live resume unpause",
    "detail": "inspect show view open event json expand",
    "newest": "top first latest follow tail live start resume",
    "oldest": "bottom last end beginning",
    "jump": "goto date hour when clock time",
    "bar(-1)": "histogram chart sparkline bucket",
    "bar(1)": "histogram chart sparkline bucket",
    "span": "histogram chart sparkline range window zoom",
    "next('failure')": "error failed denied",
    "previous('failure')": "error failed denied",
    "next('impersonation')": "su sudo admin",
    "previous('impersonation')": "su sudo admin",
    "search": "find grep highlight look",
    "hit('older')": "find match",
    "hit('newer')": "find match",
    "context": "around neighbours surrounding before after",
    "pick('tenant')": "choose customer organisation organization list",
    "pick('verb')": "choose action type kind list",
    "pivot('tenant')": "customer organisation organization like this",
    "pivot('verb')": "action type kind like this",
    "pivot('actor')": "user who person like this",
    "pivot('ip')": "ip host client network like this",
    "pivot('target')": "object what like this",
    "pivot('source')": "service writer like this",
    "negate": "not exclude invert hide without",
    "drop": "remove delete undo clear chip",
    "toggle_filter": "disable enable show everything all",
    "escape": "cancel stop close clear reset abort",
    "copy": "clipboard yank osc52 link share",
    "export": "save download dump csv jsonl file write",
    "open_impersonation": "su sudo session running",
    "impersonations": "su sudo sessions list",
    "pane('cursor')": "progress holes gap lease ingester who lag",
    "pane('ticks')": "log history requests errors ingester",
    "pane('actions')": "unmapped verbs map types new",
    "pane('tenants')": "groups why reason unmatched customer",
    "pane('top')": "most frequent count statistics who busiest",
    "help": "keys shortcuts bindings manual documentation",
    "app.redraw": "repaint refresh garbled screen clear",
    "quit": "exit close leave stop",
    "theme": "colors dark light ansi contrast palette appearance",
    "zone": "utc local relative clock timezone ages hours",
    "fold": "expand collapse group burst unfold",
    "handover": "shift report summary summarise brief",
}
"""By action: words that others use for it, and that stand neither in its label nor in its help."""

_WORD = re.compile(r"\w+")
_IN_LABEL, _IN_ALSO, _IN_HELP = 4.0, 3.0, 2.0


def mark_of(typed: str, key: Key) -> float:
    """How well a key fits what is typed, 2.0 or more: each word of it begins a word of the label, of what others call
    it, or of the help. 0.0: not at all."""
    return min((_mark(word, key) for word in _words(typed)), default=0.0)


def _mark(word: str, key: Key) -> float:
    for text, mark in ((key.label, _IN_LABEL), (ALSO.get(key.action, ""), _IN_ALSO), (key.help, _IN_HELP)):
        if any(each.startswith(word) for each in _words(text)):
            return mark
    return 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
