"""Text that somebody wrote to act on a terminal, a spreadsheet or a reader's eye; and how to see that none does."""

from __future__ import annotations

import re
import sys
import unicodedata

SEQUENCES = (
    "\x1b[7777m",
    "\x1b]0;OWNED\x07",
    "\x1b]52;c;T1dORUQ=\x07",
    "\x1bP7777$q\x1b\\",
    "\x1b[2J\x1b[H\x1b[7777A",
    "\x9b7777m",
    "\x9d0;OWNED\x9c",
    "\r\nFAKE ok  everything is well",
    "gone\x08\x08\x08\x08",
    "\u202eOWNED\u202c",
    "\u2066OWNED\u2069",
    "ro\u200bot",
    "x\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308",
    "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e",
    "\x00\x7f",
    "[bold red]OWNED[/bold red][link=http://owned.example]",
    "[/]]][[",
    "{0.__class__} %s %n ${HOME} $(id) `id`",
    "<b>&amp;</b>",
    '=HYPERLINK("http://owned.example")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "  =1+1",
    "＝1",
)
"""Each with its own aim."""

_HIDDEN = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"


def acts_or_hides(char: str) -> bool:
    """Whether a character moves the cursor, turns the line round, or has neither shape nor width. By Unicode's tables
    alone, so that the program's own are judged and not repeated."""
    if char in _HIDDEN or "\ufe00" <= char <= "\ufe0f" or "\U000e0000" <= char <= "\U000e01ef":
        return True
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")


EVERY_ONE = "".join(
    char for code in range(sys.maxunicode + 1) if acts_or_hides(char := chr(code)) and not 0xD800 <= code <= 0xDFFF
)
"""All characters that act or hide, but for surrogates: no server can send them."""

NAMES = (*SEQUENCES, *(f"a{EVERY_ONE[start : start + 90]}z" for start in range(0, len(EVERY_ONE), 90)))
"""As names of users and groups, reasons, user agents: whatever a stranger may choose."""

_OWN = re.compile(r"\x1b(?:\[[0-9;:?<>=$ ]*[@-~]|[=>78]|\([B0]|\]22;[a-z-]*\x07)")


def check_harmless(shown: str | bytes, *, own_sequences: bool = False) -> None:
    """Nothing in what a command wrote acts or hides, line ends apart. `own_sequences`: those of a screen are allowed,
    which nothing tells from those of data but the numbers in them."""
    text = shown.decode("utf-8") if isinstance(shown, bytes) else shown
    if own_sequences:
        found = [own for own in _OWN.findall(text) if "7777" in own]
        assert not found, f"numbers of data in a sequence: {found[:3]}"
        text = _OWN.sub("", text).replace("\r", "")
    for line in text.split("\n"):
        bad = sorted({f"U+{ord(char):04X}" for char in line if acts_or_hides(char)})
        assert not bad, f"{bad} in {line[:200]!r}"
        piled = re.search(r"[\u0300-\u036f]{4}", line)
        assert not piled, f"a pile of marks in {line[:200]!r}"
