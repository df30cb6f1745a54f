"""The keys of the dashboard: one registry for bindings, footer, help, command palette and the README."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

Context = Literal["timeline", "paused", "folded", "detail", "prompt", "typing"]
"""What the reader is at: it decides what the footer offers. A `prompt` has offers to take, `typing` has none."""


class Key(NamedTuple):
    """One thing that a key does. `keys`: names as Textual has them, comma-separated; `shown`: as a reader knows them.

    `action`: a method of the main screen. `label`: at most two words for the footer, in the contexts of `footer`.
    `palette`: whether it can be called from the command palette too.
    """

    keys: str
    action: str
    shown: str
    label: str
    help: str
    group: str
    footer: tuple[Context, ...] = ()
    palette: bool = True


KEYS: tuple[Key, ...] = (
    Key("r", "tick", "r", "tick now", "Pull from the source now, and say what came of it", "Pull", ("timeline",)),
    Key("slash", "filter", "/", "filter", "Type a filter; Enter applies it, Esc does not", "Filter", ("timeline",)),
    Key("space", "pause", "space", "pause", "Stop at this row; again: follow the newest", "Moving", ("timeline",)),
    Key("enter", "detail", "enter", "detail", "Open or close the selected event", "Event", ("timeline",)),
    Key("down,j", "move(1)", "j ↓", "down", "One row down (older)", "Moving", palette=False),
    Key("up,k", "move(-1)", "k ↑", "up", "One row up (newer)", "Moving", palette=False),
    Key("pagedown,ctrl+f", "page(1)", "PgDn", "page down", "One screen down", "Moving", palette=False),
    Key("pageup,ctrl+b", "page(-1)", "PgUp", "page up", "One screen up", "Moving", palette=False),
    Key("ctrl+d", "half_page(1)", "^d", "half down", "Half a screen down", "Moving", palette=False),
    Key("ctrl+u", "half_page(-1)", "^u", "half up", "Half a screen up", "Moving", palette=False),
    Key("home,g", "newest", "g Home", "newest", "Jump to the newest row and follow", "Moving"),
    Key("end,G", "oldest", "G End", "oldest", "Jump to the beginning of the log", "Moving"),
    Key("colon", "jump", ":", "jump", "Jump to a time: 14:30, yesterday 9:00, 2h (ago), 2026-11-24T08:00", "Moving"),
    Key("left_square_bracket", "bar(-1)", "[", "older bar", "To the next older bar of the volume", "Moving"),
    Key("right_square_bracket", "bar(1)", "]", "newer bar", "To the next newer bar of the volume", "Moving"),
    Key("b", "span", "b", "volume", "The volume's time: 1 h, 6 h, 24 h, 7 d, 30 d", "Moving"),
    Key("e", "next('failure')", "e", "next failure", "The next older failure", "Moving"),
    Key("E", "previous('failure')", "E", "last failure", "The next newer failure", "Moving"),
    Key("m", "next('impersonation')", "m", "next impersonation", "The next older impersonation", "Moving"),
    Key("M", "previous('impersonation')", "M", "last impersonation", "The next newer impersonation", "Moving"),
    Key("s", "search", "s", "search", "Search: marks the hits, hides nothing; takes what the filter takes", "Moving"),
    Key("n", "hit('older')", "n", "next hit", "The next older hit of the search", "Moving"),
    Key("N", "hit('newer')", "N", "last hit", "The next newer hit of the search", "Moving"),
    Key("c", "context", "c", "context", "The row among all its neighbours; again: back to the filter", "Moving"),
    Key("asterisk", "mark", "*", "mark", "Mark the row, to come back to it; again: no more", "Moving"),
    Key("u", "marked('older')", "u", "next marked", "The next older marked row", "Moving"),
    Key("U", "marked('newer')", "U", "last marked", "The next newer marked row", "Moving"),
    Key("p", "pick('tenant')", "p", "pick tenant", "Pick a tenant, with counts; type to narrow", "Filter"),
    Key("P", "pick('verb')", "P", "pick verb", "Pick a verb, with counts; type to narrow", "Filter"),
    Key("t", "pivot('tenant')", "t", "same tenant", "Only the tenant of the selected row", "Filter"),
    Key("v", "pivot('verb')", "v", "same verb", "Only the verb of the selected row", "Filter"),
    Key("a", "pivot('actor')", "a", "same actor", "Only the actor of the selected row", "Filter"),
    Key("i", "pivot('ip')", "i", "same address", "Only the address of the selected row", "Filter"),
    Key("w", "pivot('target')", "w", "same target", "Only the target of the selected row", "Filter"),
    Key("S", "pivot('source')", "S", "same source", "Only the source of the selected row", "Filter"),
    Key("exclamation_mark", "negate", "!", "negate", "Turn the last term around", "Filter"),
    Key("backspace", "drop", "⌫", "drop term", "Take the last term away", "Filter"),
    Key("f", "toggle_filter", "f", "filter off/on", "All terms off, and on again, at the same row", "Filter"),
    Key("escape", "escape", "esc", "back", "Stop what runs; leave pane, detail; end search, filter", "Filter"),
    Key("right", "move(1)", "→", "older", "Detail: the next older event", "Event", ("detail",), palette=False),
    Key("left", "move(-1)", "←", "newer", "Detail: the next newer event", "Event", ("detail",), palette=False),
    Key("y", "copy", "y", "copy", "Copy JSON, id, row or command line, to terminal or file", "Event", ("detail",)),
    Key("W", "export", "W", "export", "Write all that matches to a file: JSONL or CSV; esc stops", "Event"),
    Key("o", "open_impersonation", "o", "open impersonation", "To one without an end; again: to the next", "Insights"),
    Key("O", "impersonations", "O", "impersonations", "All impersonations, those without an end first", "Insights"),
    Key("1", "pane('cursor')", "1", "cursor", "How far the pull has come", "Panes"),
    Key("2", "pane('ticks')", "2", "ticks", "The latest ticks", "Panes"),
    Key("3", "pane('actions')", "3", "actions", "The action map, and what is not in it", "Panes"),
    Key("4", "pane('tenants')", "4", "tenants", "How tenants were found", "Panes"),
    Key("5", "pane('top')", "5", "top", "What is frequent in the volume's time; enter filters by it", "Panes"),
    Key("tab", "app.focus_next", "tab", "next part", "To detail or pane, to scroll it", "Panes", palette=False),
    Key("question_mark", "help", "?", "help", "This list", "Screen", ("timeline", "detail")),
    Key("ctrl+p", "app.command_palette", "^p", "palette", "All of this by name", "Screen", palette=False),
    Key("ctrl+l", "app.redraw", "^l", "redraw", "Paint the screen anew, where something wrote over it", "Screen"),
    Key("ctrl+z", "suspend", "^z", "suspend", "Leave it for the shell; fg there comes back", "Screen"),
    Key("q", "quit", "q", "quit", "End the program; a tick in flight is ended cleanly", "Screen", ("timeline",)),
    Key("T", "theme", "T", "colours", "Dark, light, or the terminal's own colours", "Screen"),
    Key("z", "zone", "z", "time zone", "UTC, local time, or ages", "Screen", ("timeline",)),
    Key("x", "fold", "x", "fold", "Open or fold a burst of failed logins, an impersonation", "Event", ("timeline",)),
    Key("h", "handover", "h", "handover", "What the last hours leave to the next shift", "Insights", ("timeline",)),
)  # fmt: skip

ROOMY: tuple[str, ...] = ("s", "colon", "e", "m", "y", "W", "ctrl+p")
"""`keys` of those that the footer offers at the timeline behind all others, as far as there is room."""

PROMPT_KEYS: tuple[tuple[str, str, str], ...] = (
    ("enter", "apply", "Take what is typed"),
    ("tab", "complete", "Take what is offered; again: the next offer"),
    ("↑ ↓", "history", "What was typed before"),
    ("esc", "cancel", "Leave all as it was"),
)
"""What works while something is typed: key, label, help. The prompt itself binds them."""

TOP_KEYS: tuple[tuple[str, str], ...] = (
    ("↑ ↓ ← →", "Choose a value"),
    ("enter", "Add it to the filter; a double click does too"),
    ("esc", "Back to the timeline, with the pane open"),
)
"""What works in the top pane: key, help. The pane itself binds them."""

MOUSE: tuple[tuple[str, str], ...] = (
    ("wheel", "Scroll; at the top it follows again"),
    ("click", "A row, its sign, a bar, a tab, the filter, what came while paused, an impersonation, a key below"),
    ("double", "A double click opens the event"),
    ("shift", "With shift held, the terminal itself selects text (iTerm2: option)"),
)
"""What the mouse does: as a reader knows it, help."""

GROUPS: tuple[str, ...] = ("Moving", "Filter", "Event", "Insights", "Panes", "Pull", "Screen")


def footer_keys(context: Context) -> Iterator[tuple[str, str]]:
    """What the footer offers, the most useful first: (key, label)."""
    if context in ("prompt", "typing"):
        yield from ((key, label) for key, label, _ in PROMPT_KEYS if context == "prompt" or label != "complete")
        return
    if context == "detail":
        yield "esc", "close"
    if context == "folded":
        yield "x", "open these"
    place: Context = "timeline" if context in ("paused", "folded") else context
    for key in KEYS:
        if place in key.footer and not (context == "folded" and key.action == "fold"):
            yield key.shown, "follow" if context == "paused" and key.action == "pause" else key.label
        if place == "timeline" and key.action == "quit":
            yield "1-5", "panes"


def roomy_keys(context: Context) -> Iterator[tuple[str, str]]:
    """What the footer offers where there is room behind all others: (key, label)."""
    if context in ("timeline", "paused", "folded"):
        known = {key.keys: key for key in KEYS}
        yield from ((known[name].shown, known[name].label) for name in ROOMY)


def action_shown_as(shown: str) -> str | None:
    """The action of the key that the footer shows like this."""
    return next((key.action for key in KEYS if key.shown == shown), None)


def by_group(first: str | None = None) -> Iterator[tuple[str, list[Key]]]:
    """All keys as help and README list them; `first`: the group that the reader asks about."""
    for group in sorted(GROUPS, key=lambda group: group != first):
        yield group, [key for key in KEYS if key.group == group]


def readme_table() -> str:
    """The keys as a Markdown table, without a newline at the end."""
    lines = ["| | key | does |", "|---|---|---|"]
    for group, keys in by_group():
        lines += [f"| {group} | {_in_code(key.shown)} | {key.help} |" for key in keys]
    lines += [f"| In the top pane | {_in_code(shown)} | {words} |" for shown, words in TOP_KEYS]
    lines += [f"| Mouse | {shown} | {words} |" for shown, words in MOUSE]
    lines += [f"| While typing | {_in_code(shown)} | {words} |" for shown, _, words in PROMPT_KEYS]
    return "\n".join(lines)


def _in_code(shown: str) -> str:
    return " ".join(f"`{part}`" for part in shown.split())
