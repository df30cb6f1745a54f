"""Hostile text: kept as it came, shown harmless, and measured in cells."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from dezky_audit_tui.text import NAME_LIMIT, clean, cut, escaped, fit, is_suspect, visible

ANY = st.text(st.characters(), max_size=40)
"""Every code point, lone surrogates too."""


class TestClean:
    def test_only_what_no_store_can_hold_is_replaced(self) -> None:
        assert clean("a\0b\ud800c\udfffd") == "a\ufffdb\ufffdc\ufffdd"
        assert clean("\x1b[31m\u202e\t\n é 漢") == "\x1b[31m\u202e\t\n é 漢"

    @settings(max_examples=150)
    @given(ANY)
    def test_what_is_clean_can_be_stored_and_stays(self, text: str) -> None:
        kept = clean(text)
        assert "\0" not in kept
        assert kept.encode("utf-8").decode("utf-8") == kept
        assert clean(kept) == kept
        assert len(kept) == len(text)


class TestCut:
    def test_a_name_is_cut_at_its_limit_and_says_so(self) -> None:
        assert cut("x" * NAME_LIMIT) == ("x" * NAME_LIMIT, False)
        assert cut("x" * (NAME_LIMIT + 1)) == ("x" * NAME_LIMIT, True)
        assert cut("") == ("", False)


class TestEscaped:
    def test_what_acts_or_hides_is_an_escape_in_json(self) -> None:
        assert escaped('"a\u202e\u200b\ufe0f\u3164\x9b é 漢"') == '"a\\u202e\\u200b\\ufe0f\\u3164\\u009b é 漢"'

    @settings(max_examples=150)
    @given(ANY)
    def test_it_is_the_same_json_and_nothing_in_it_is_suspect(self, text: str) -> None:
        line = escaped(json.dumps([text], ensure_ascii=False))
        assert json.loads(line) == [text]
        assert not is_suspect(line)


class TestVisible:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("\x1b]0;owned\x07", "␛]0;owned␇"),
            ("a\nb\tc\rd", "a␊b␉c␍d"),
            ("\x7f", "␡"),
            ("\x9b31m", "‹009B›31m"),
            ("\u202eevil", "‹202E›evil"),
            ("\u2066x\u2069", "‹2066›x‹2069›"),
            ("a\u200bb", "a‹200B›b"),
            ("\ufeffx", "‹FEFF›x"),
            ("a\u00a0b\u3000c", "a b c"),
            ("\u2028", "‹2028›"),
            ("\u3164", "‹3164›"),
            ("x\ufe0f", "x‹FE0F›"),
            ("\U000e0041", "‹E0041›"),
            ("\ud800", "‹D800›"),
        ],
    )
    def test_what_acts_or_hides_is_shown(self, text: str, shown: str) -> None:
        assert visible(text) == shown

    @pytest.mark.parametrize(
        "text", ["ana@acme.example", "Åse Þórðardóttir", "漢字", "e\u0301", "שלום", "👍", "a b", ""]
    )
    def test_names_of_people_stay_as_they_are(self, text: str) -> None:
        assert visible(text) == text
        assert not is_suspect(text)

    def test_a_pile_of_marks_is_shown_as_codes(self) -> None:
        zalgo = "a" + "\u0301" * 10
        assert visible(zalgo).startswith("a\u0301\u0301\u0301‹0301›")
        assert is_suspect(zalgo)

    @settings(max_examples=200)
    @given(ANY)
    def test_any_text_becomes_one_printable_line_and_stays_so(self, text: str) -> None:
        shown = visible(text)
        assert shown.isprintable()
        assert len(shown.splitlines()) <= 1
        assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in shown)
        assert visible(shown) == shown

    def test_odd_spaces_alone_are_not_suspect(self) -> None:
        assert visible("a\u00a0b") == "a b"
        assert not is_suspect("a\u00a0b")
        assert is_suspect("a\u200bb")


class TestFit:
    @settings(max_examples=200)
    @given(ANY, st.integers(0, 30))
    def test_it_fills_its_cells_exactly(self, text: str, width: int) -> None:
        assert cell_len(fit(text, width)) == width

    def test_a_cut_is_marked(self) -> None:
        assert fit("abcdef", 4) == "abc…"
        assert fit("abc", 5) == "abc  "
        assert fit("漢字漢", 4) == "漢 …"
