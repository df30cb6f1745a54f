"""The filter language: what is read from what was typed, and what is said of a fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.errors import QueryError
from dezky_audit_tui.model.query import EVERYTHING, Condition, Is, Match, Network, Pattern, Since, Until, Words
from dezky_audit_tui.model.query_parse import FIELDS, MOST_TERMS, MOST_VALUES, parse_query

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def one(text: str) -> Condition:
    [term] = parse_query(text, now=NOW).terms
    assert term.text == text.strip()
    return term.condition


def fault(text: str) -> QueryError:
    with pytest.raises(QueryError) as raised:
        parse_query(text, now=NOW)
    return raised.value


@pytest.mark.parametrize("text", ["", "   ", "\t\n"])
def test_nothing_is_everything(text: str) -> None:
    assert parse_query(text, now=NOW) == EVERYTHING


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("tenant:acme", Match("tenant", (Pattern("acme"),))),
        ("TENANT:acme", Match("tenant", (Pattern("acme"),))),
        ("tenant:acme,none", Match("tenant", (Pattern("acme"), None))),
        ('tenant:"none"', Match("tenant", (Pattern("none"),))),
        ("verb:login*", Match("verb", (Pattern("login", open_end=True),))),
        ("verb:*.login", Match("verb", (Pattern(".login", open_start=True),))),
        ("verb:*log*", Match("verb", (Pattern("log", True, True),))),
        ("verb:*", Match("verb", (Pattern("", True, True),))),
        ('target:"two words"', Match("target", (Pattern("two words"),))),
        ('target:"two w"*,x', Match("target", (Pattern("two w", open_end=True), Pattern("x")))),
        ('target:*"a, b"', Match("target", (Pattern("a, b", open_start=True),))),
        ('actor:"a \\"b\\" c\\\\d \\e"', Match("actor", (Pattern('a "b" c\\d \\e'),))),
        ('actor:"*"', Match("actor", (Pattern("*"),))),
        ('actor:""', Match("actor", (Pattern(""),))),
        ("actor:none", Match("actor", (None,))),
        ("actor:-x", Match("actor", (Pattern("-x"),))),
        ("target:a:b", Match("target", (Pattern("a:b"),))),
        ("source:authentik", Match("source", (Pattern("authentik"),))),
        ("outcome:Failure,d*", Match("outcome", (Pattern("failure"), Pattern("d", open_end=True)))),
        ("ip:198.51.100.4", Network((ip_network("198.51.100.4/32"),))),
        ("ip:10.1.2.3/8,2001:db8::1", Network((ip_network("10.0.0.0/8"), ip_network("2001:db8::1/128")))),
        ("ip:::ffff:192.0.2.0/120", Network((ip_network("192.0.2.0/24"),))),
        ("ip:198.51.*", Match("ip", (Pattern("198.51.", open_end=True),))),
        ('ip:"unix:",none', Match("ip", (Pattern("unix:"), None))),
        ("is:unmapped,Impersonated", Is(("unmapped", "impersonated"))),
        ("since:2h", Since(NOW - timedelta(hours=2))),
        ("since:1d12h", Since(NOW - timedelta(hours=36))),
        ("until:90s", Until(NOW - timedelta(seconds=90))),
        ("since:2w", Since(NOW - timedelta(days=14))),
        ("since:2026-11-24", Since(datetime(2026, 11, 24, tzinfo=UTC))),
        ("since:2026-11-24T08:00", Since(datetime(2026, 11, 24, 8, tzinfo=UTC))),
        ("until:2026-11-24t08:00:01.5z", Until(datetime(2026, 11, 24, 8, 0, 1, 500_000, tzinfo=UTC))),
        ("since:2026-11-24T08:00+02:00", Since(datetime(2026, 11, 24, 6, tzinfo=UTC))),
        ('since:"2026-11-24 08:00"', Since(datetime(2026, 11, 24, 8, tzinfo=UTC))),
        ("mallory", Words("mallory")),
        ("*mallory*", Words("mallory")),
        ('"two words"', Words("two words")),
        ('"tenent:acme"', Words("tenent:acme")),
        ('"-x"', Words("-x")),
        ("a,b", Words("a,b")),
        ("2001:db8::1", Words("2001:db8::1")),
        ("fe80::1", Words("fe80::1")),
        ("::1", Words("::1")),
        ("08:15", Words("08:15")),
        ("https://id.example", Words("https://id.example")),
    ],
)
def test_a_term_is_read(text: str, condition: Condition) -> None:
    assert one(text) == condition


@pytest.mark.parametrize("sign", ["!", "-"])
def test_a_sign_before_a_term_negates_it(sign: str) -> None:
    terms = parse_query(f'{sign}verb:login {sign}"a b" {sign}x ok', now=NOW).terms
    assert [term.negated for term in terms] == [True, True, True, False]
    assert [term.text for term in terms] == [f"{sign}verb:login", f'{sign}"a b"', f"{sign}x", "ok"]


def test_the_filter_can_be_told_as_it_was_typed() -> None:
    assert parse_query('  tenant:acme   !verb:login* \t "a b" ', now=NOW).text == 'tenant:acme !verb:login* "a b"'


@pytest.mark.parametrize(
    ("text", "place", "nearest"),
    [
        ("tenent:acme", 0, "tenant"),
        ("verb:x  !actr:y", 9, "actor"),
        ("action:login", 0, "verb"),
        ("user:root", 0, "actor"),
        ("from:2h", 0, "since"),
        ("zzz:1", 0, None),
        ("is:unmaped", 3, "unmapped"),
        ("is:unmapped,resolved", 12, "unresolved"),
        ("is:unm*", 3, "unmapped"),
        ("outcome:fail", 8, "failure"),
        ("outcome:success,forbidden", 16, "denied"),
        ("outcome:z*", 8, None),
        ("ip:10.0.0.300", 3, None),
        ("ip:localhost", 3, None),
        ("ip:10.0.0.1,10.*", 3, None),
        ("since:tomorrow", 6, None),
        ("since:2026-11-31", 6, None),
        ("since:2026", 6, None),
        ("since:2h*", 6, None),
        ("since:1h,2h", 9, None),
        ("since:999999999w", 6, None),
        ("until:0001-01-01T00:00+10:00", 6, None),
        ("since:-2h", 6, None),
        ("tenant:", 7, None),
        ("tenant: acme", 7, None),
        ("tenant:a,,b", 9, None),
        ("tenant:a,", 9, None),
        ('x actor:"open', 8, None),
        ('actor:"a"b', 9, None),
        ('"a"b', 3, None),
        ('a"b', 1, None),
        ('actor:a"b', 7, None),
        ('actor:"a\\', 6, None),
        ("verb:lo*gin", 7, None),
        ("lo*gin", 2, None),
        ("x !", 2, None),
        ("-", 0, None),
        ("!-x", 1, None),
        ("--x", 1, None),
        ('""', 0, None),
        ("*", 0, None),
    ],
)
def test_a_fault_names_its_place_and_the_nearest_word(text: str, place: int, nearest: str | None) -> None:
    error = fault(text)
    assert (error.place, error.nearest) == (place, nearest)
    assert f"column {place + 1}" in error.message
    assert nearest is None or nearest in error.message


def test_an_unknown_field_far_from_all_is_told_all_fields_and_how_to_search_for_the_text() -> None:
    message = fault("zzz:1").message
    assert all(field in message for field in FIELDS)
    assert '"zzz:1"' in message


def test_a_fault_shows_hostile_text_harmlessly_and_short() -> None:
    message = fault("outcome:\x1b[31m\u202e" + "x" * 5_000).message
    assert "\x1b" not in message
    assert "\u202e" not in message
    assert len(message) < 300


def test_a_filter_has_an_end() -> None:
    parse_query("x " * MOST_TERMS, now=NOW)
    assert fault("x " * (MOST_TERMS + 1)).place == 2 * MOST_TERMS
    parse_query("verb:" + ",".join("x" * MOST_VALUES), now=NOW)
    assert fault("tenant:a verb:" + ",".join("x" * MOST_VALUES)).place == 9


@settings(max_examples=200)
@given(st.text(st.sampled_from('abtenverisuil:*,!-"\\ 0129/.TZ+%\x00\x1f\ud800é\u202e'), max_size=40))
def test_any_text_is_a_filter_or_a_fault_within_it(text: str) -> None:
    place, read_again = None, None
    try:
        query = parse_query(text, now=NOW)
        read_again = parse_query(query.text, now=NOW) == query
    except QueryError as error:
        place = error.place
    assert read_again if place is None else 0 <= place <= len(text)


@settings(max_examples=100)
@given(st.text(max_size=30).filter(lambda text: "\x00" not in text))
def test_any_value_can_be_quoted(value: str) -> None:
    written = value.replace("\\", "\\\\").replace('"', '\\"')
    assert one(f'target:"{written}"') == Match("target", (Pattern(value),))
