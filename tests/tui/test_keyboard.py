"""What is read from a terminal: garbage becomes no key, or a harmless one, and what follows it counts."""

from __future__ import annotations

import os
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from dezky_audit_tui.tui.terminal.keyboard import listen

PIECES = [
    *(bytes([byte]) for byte in b"\x00\x07\x1b\x9b\xe9\xff[]<>?OPMmRIuct~:;. 019"),
    *(b"\x1b[200~", b"\x1b[201~", b"\x1b[<0;1;1M", b"\x1b[48;", b"\x1b[?2026;", b"$y", b"1114112u", b"9" * 20),
]


def heard(data: bytes) -> list[Message]:
    """What a terminal that sends this, and no more, is understood to say."""
    read, write = os.pipe()
    os.write(write, data)
    ended, found = Event(), list[Message]()
    ended.set()
    listen(read, ended, found.append)
    os.close(write)
    os.close(read)
    return found


def keys(data: bytes) -> list[str | None]:
    return [message.character for message in heard(data) if isinstance(message, events.Key)]


@pytest.mark.parametrize(
    "data",
    [b"\xe9", b"\xff\xfe", b"\xc3", b"\x1b[1114112u", b"\x1b[9999999999;1u", b"\x1b[5:7;1P", b"\x1b[97;1;1114112u"],
)
def test_a_key_after_garbage_counts(data: bytes) -> None:
    # What might be a sequence of a terminal is waited for until it is too long for one.
    assert keys(data + b"j" * 40)[-1] == "j"


def test_a_word_in_another_encoding_is_pasted_with_a_sign_for_each_byte_that_is_not_known() -> None:
    [paste] = heard(b"\x1b[200~caf\xe9 q\x1b[201~")
    assert isinstance(paste, events.Paste)
    assert paste.text == "caf\N{REPLACEMENT CHARACTER} q"


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_whatever_comes_it_goes_on(data: bytes) -> None:
    heard(data)
