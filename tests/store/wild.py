"""Random events and filters that often meet: both draw from the same few texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

from hypothesis import strategies as st

from dezky_audit_tui.model.event import OUTCOMES, REASONS, AuditEvent, Person, Target, TenantWhy
from dezky_audit_tui.model.query import Flag, Is, Match, Network, Pattern, Query, Since, Term, Until, Words
from tests.store.samples import NOON, event

TEXTS = [
    "ana",
    "ANA",
    "Ana Lund",
    "ana@acme.example",
    "É",
    "é",
    "ЯНА",
    "яна",
    "%",
    "a%a",
    "_",
    "*",
    "a'a",
    '"',
    "\\",
    "none",
]
VERBS = ["authentik.login", "authentik.login_failed", "platform.mailbox.login", "login", "LOGIN", ".", "a.", ""]
SLUGS = ["acme", "globex", "none", "Acme"]
ADDRESSES = ["203.0.113.1", "203.0.113.77", "::ffff:203.0.113.1", "2001:db8::1", "2001:DB8::2", "10.0.0.1", "unix:", ""]
NETWORKS = ["203.0.113.1/32", "203.0.113.0/24", "2001:db8::/32", "0.0.0.0/0", "::/0", "10.0.0.0/8", "203.0.0.0/8"]
SOURCES = ["authentik", "mailboxes"]
FLAGS: list[Flag] = ["unmapped", "impersonated", "unresolved"]


def events(texts: Sequence[str]) -> st.SearchStrategy[list[AuditEvent]]:
    """Up to 25 events with distinct ids."""
    text = st.none() | st.sampled_from(texts)
    one = st.builds(
        event,
        source=st.sampled_from(SOURCES),
        at=st.integers(0, 5).map(_moment),
        action=st.sampled_from(VERBS),
        outcome=st.sampled_from(OUTCOMES),
        actor_name=text,
        actor_email=text,
        actor_ip=st.none() | st.sampled_from(ADDRESSES),
        on_behalf_of=st.none() | st.just(Person("8", "Bo")),
        target=st.none() | st.builds(Target, text, text, text),
        tenant_slug=st.none() | st.sampled_from(SLUGS),
        tenant_why=st.none() | st.sampled_from(REASONS).map(TenantWhy),
        metadata=st.fixed_dictionaries({}, optional={"unmapped": st.booleans(), "rawAction": st.just("login")}),
    )
    return st.lists(one, max_size=25).map(lambda each: [_with_id(number, single) for number, single in enumerate(each)])


def queries(texts: Sequence[str]) -> st.SearchStrategy[Query]:
    """Up to four terms of every kind."""
    condition = st.one_of(
        _match("tenant", SLUGS, absent=True),
        _match("verb", VERBS),
        _match("source", SOURCES),
        _match("outcome", OUTCOMES),
        _match("ip", ADDRESSES, absent=True),
        _match("actor", texts, absent=True),
        _match("target", texts, absent=True),
        st.lists(st.sampled_from(NETWORKS).map(ip_network), min_size=1, max_size=3).map(
            lambda each: Network(tuple(each))
        ),
        st.lists(st.sampled_from(FLAGS), min_size=1, max_size=3).map(lambda each: Is(tuple(each))),
        st.sampled_from([*texts, *VERBS, *ADDRESSES]).filter(bool).map(Words),
        st.integers(-1, 6).map(_moment).map(Since),
        st.integers(-1, 6).map(_moment).map(Until),
    )
    term = st.builds(Term, condition, st.booleans(), st.just(""))
    return st.lists(term, max_size=4).map(lambda terms: Query(tuple(terms)))


def _match(field: str, texts: Sequence[str], *, absent: bool = False) -> st.SearchStrategy[Match]:
    whole_or_part = st.sampled_from(texts).flatmap(
        lambda text: st.sampled_from([text, text[:2], text[-2:], text[1:], text.swapcase()])
    )
    pattern = st.builds(Pattern, whole_or_part, st.booleans(), st.booleans())
    patterns = st.lists((st.none() | pattern) if absent else pattern, min_size=1, max_size=3)
    return patterns.map(lambda each: Match(field, tuple(each)))  # type: ignore[arg-type]  # one of the fields


def _moment(half_ms: int) -> object:
    """Some lie between two milliseconds."""
    return NOON + timedelta(microseconds=500 * half_ms)


def _with_id(number: int, each: AuditEvent) -> AuditEvent:
    return replace(each, external_id=f"id-{number}", at=each.at.replace(microsecond=each.at.microsecond // 1000 * 1000))
