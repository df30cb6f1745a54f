"""What is read from a terminal: garbage becomes no key, or a harmless one, and what follows it counts."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable
from threading import Thread
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from dezky_audit_tui.tui.terminal.keyboard import Ended, listen

PIECES = [
    *(bytes([byte]) for byte in b"\x00\x07\x1b\x9b\xe9\xff[]<>?OPMmRIuct~:;. 019"),
    *(
        b"\x1b[200~",
        b"\x1b[201~",
        b"\x1b[<0;1;1M",
        b"\x1b[48;",
        b"\x1b[48;20;50;0;0t",
        b"\x1b[?2026;",
        b"$y",
        b"1114112u",
        b"9" * 20,
    ),
]

ZERO = b"\x1b[48;20;50;0;0t\x1b[<35;3;3M"
"""A terminal that does not know its size in pixels, and a move of the mouse."""


def heard(data: bytes) -> list[Message]:
    """What a terminal that sends this, and no more, is understood to say."""
    read, write = os.pipe()
    os.write(write, data)
    ended, found = Ended(), list[Message]()
    ended.set()
    listen(read, ended, found.append)
    os.close(write)
    os.close(read)
    return found


def keys(data: bytes) -> list[str | None]:
    return [message.character for message in heard(data) if isinstance(message, events.Key)]


@pytest.mark.parametrize(
    "data",
    [
        b"\xe9",
        b"\xff\xfe",
        b"\xc3",
        b"\x1b[1114112u",
        b"\x1b[9999999999;1u",
        b"\x1b[5:7;1P",
        b"\x1b[97;1;1114112u",
        ZERO,
    ],
)
def test_a_key_after_garbage_counts(data: bytes) -> None:
    # What might be a sequence of a terminal is waited for until it is too long for one.
    assert keys(data + b"j" * 40)[-1] == "j"


def test_a_word_in_another_encoding_is_pasted_with_a_sign_for_each_byte_that_is_not_known() -> None:
    [paste] = heard(b"\x1b[200~caf\xe9 q\x1b[201~")
    assert isinstance(paste, events.Paste)
    assert paste.text == "caf\N{REPLACEMENT CHARACTER} q"


@pytest.mark.parametrize("way_out", [b"\x1b", b"\x03"])
def test_a_paste_whose_end_was_lost_can_be_ended(way_out: bytes) -> None:
    read, write = os.pipe()
    ended, found = Ended(), list[Message]()
    parts = iter((b"\x1b[20", b"0~a\x03b", way_out, b"j" * 40, b""))

    def take(_: object, __: int) -> bytes:
        part = next(parts, b"")
        if not part:
            ended.set()
        return part

    os.write(write, b".")
    with patch.object(os, "read", take):
        listen(read, ended, found.append)
    os.close(write)
    os.close(read)
    paste, *_, last = found
    assert isinstance(paste, events.Paste)
    assert paste.text == "a\x03b"
    assert isinstance(last, events.Key)
    assert last.key == "j"


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_whatever_comes_it_goes_on(data: bytes) -> None:
    heard(data)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_nobody_looks_for_keys_while_there_are_none() -> None:
    read, write = os.pipe()
    ended, found, looks = Ended(), list[Message](), list[float | None]()
    select = selectors.SelectSelector.select

    def counted(
        self: selectors.SelectSelector, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        looks.append(timeout)
        return select(self, timeout)

    with patch.object(selectors.SelectSelector, "select", counted):
        listening = Thread(target=listen, args=(read, ended, found.append))
        listening.start()
        os.write(write, b"a")
        until(lambda: len(looks) == 2)
        time.sleep(0.3)
        assert (len(found), looks) == (1, [None, None])
        os.write(write, b"\x1b")
        until(lambda: len(found) == 2 and looks[-1] is None)
        assert 0.1 in looks, "something may follow an escape character"
        ended.set()
        listening.join(10)
        assert not listening.is_alive()
    ended.clear()
    assert not ended.is_set()
    for descriptor in (read, write):
        os.close(descriptor)
