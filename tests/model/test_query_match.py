"""The plain rule of what a filter means, where the stores' own suite does not show it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dezky_audit_tui.model.event import AuditEvent, Target, TenantWhy
from dezky_audit_tui.model.query_match import matches
from dezky_audit_tui.model.query_parse import parse_query

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EVENT = AuditEvent(
    "authentik",
    "id-1",
    AT,
    "authentik.login_failed",
    "failure",
    actor_name="Jörg STRAẞE",
    actor_email="joerg@acme.example",
    actor_ip="198.51.100.4",
    target=Target("application", "a-1", "Mail"),
)


def holds(text: str, event: AuditEvent = EVENT) -> bool:
    return matches(parse_query(text, now=AT + timedelta(hours=1)), event)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "verb:login_failed verb:login* verb:*failed verb:authentik.*",
        'actor:"jörg strasse" actor:JOERG@ACME.EXAMPLE straße',
        "target:mail,x target:application target:a-1",
        "mail a-1 198.51 LOGIN_",
        "ip:198.51.100.0/24 !ip:10.0.0.0/8",
        "since:1h !since:59m until:59m !until:1h",
        "tenant:none !is:unresolved",
    ],
)
def test_all_terms_hold(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "verb:login",
        "verb:login.failed",
        "application",
        "actor:joerg",
        "outcome:success",
        "mail nothing",
        "source:Authentik",
    ],
)
def test_one_term_that_does_not_hold_is_enough(text: str) -> None:
    assert not holds(text)


def test_unresolved_is_a_tenant_that_was_looked_for_and_not_found() -> None:
    looked_for = replace(EVENT, tenant_why=TenantWhy("no_groups"))
    assert holds("is:unresolved", looked_for)
    assert not holds("is:unresolved", replace(looked_for, tenant_slug="acme"))
    assert not holds("is:unresolved", EVENT)


def test_an_address_that_is_none_is_in_no_network() -> None:
    odd = replace(EVENT, actor_ip="unix:")
    assert not holds("ip:0.0.0.0/0,::/0", odd)
    assert holds('ip:"unix:"', odd)
