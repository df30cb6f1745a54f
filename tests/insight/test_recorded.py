"""The insights on what two real servers recorded: every way in which an impersonation shows, and what stands out."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import cache

import pytest

from dezky_audit_tui.insight.bursts import BurstBook
from dezky_audit_tui.insight.privileged import privilege_of
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.sessions import SessionBook
from dezky_audit_tui.insight.words import session_text
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.instants import parse_instant
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from tests.demo.recorded import VERSIONS, events
from tests.sources.replies import changed, recorded, translated

LATER = parse_instant("2026-11-24T04:00:00Z")
ADMIN = {"pk": 3, "email": "root@example.test", "username": "akadmin"}
BOB = {"pk": 6, "email": "bob@example.test", "username": "bob"}


@cache
def all_of(version: str) -> tuple[AuditEvent, ...]:
    raw = {event["pk"]: event for found in events(version).values() for event in found if "pk" in event}
    return tuple(translated(*raw.values()))


def sessions(*made: AuditEvent) -> list[Session]:
    book = SessionBook()
    book.add_all(made)
    return book.sessions()


def told(found: list[Session]) -> list[tuple[str, str | None, int]]:
    return [(session_text(session, LATER), session.reason, session.actions) for session in found]


def test_the_older_server_shows_an_end_a_logout_and_a_start_by_token_that_never_ends() -> None:
    found = sessions(*all_of("2025.8.6"))
    assert told(found) == [
        ("akadmin AS bob 00:42:20 open", "token", 0),
        ("akadmin AS bob 00:00:01 ended by logout", "second", 0),
        ("akadmin AS bob 00:00:01 ended", "ticket 4711", 0),
    ]
    # What came through a token is no browser: the start from one a moment later did not end it.
    assert [session.address for session in found] == ["127.0.0.1", "2.125.160.216", "2.125.160.216"]


def test_the_newer_server_shows_an_end() -> None:
    assert told(sessions(*all_of("2025.12.4"))) == [("akadmin AS bob 00:00:01 ended", "ticket 4711", 0)]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_done_meanwhile_belongs_to_it_through_the_api_and_through_a_form(version: str) -> None:
    start, end = recorded(version, "impersonation_started")[0], recorded(version, "impersonation_ended")[0]
    request = start["context"]["http_request"]
    acting = {**ADMIN, "on_behalf_of": BOB}

    def meanwhile(action: str, user: object, seconds: float) -> dict[str, object]:
        at = parse_instant(start["created"]) + timedelta(seconds=seconds)
        like = recorded(version, action)[0]
        context = {**like["context"], "http_request": request}
        return changed(
            like, pk=f"{action}-{seconds}", user=user, created=_text(at), context=context, client_ip=start["client_ip"]
        )

    made = translated(
        start,
        meanwhile("model_updated", acting, 0.5),
        meanwhile("user_write", {**BOB, "authenticated_as": acting}, 0.9),
        end,
    )
    assert [(event.actor_name, event.on_behalf_of and event.on_behalf_of.name) for event in made[:3]] == [
        ("akadmin", "bob")
    ] * 3
    assert told(sessions(*made)) == [("akadmin AS bob 00:00:01 ended", "ticket 4711", 2)]
    book = SessionBook()
    book.add_all(made)
    assert {session.key for event in made if (session := book.session_of(event)) is not None} == {
        book.sessions()[0].key
    }


@pytest.mark.parametrize(("version", "rotated"), [("2025.8.6", 2), ("2025.12.4", 0)])
def test_secrets_that_were_viewed_and_impersonations_stand_out(version: str, rotated: int) -> None:
    patterns = GroupPatterns(DEFAULT_ADMIN_GROUPS)
    found = Counter(privilege_of(event, patterns) for event in all_of(version))
    assert found["secret_viewed"] == 3
    assert found["secret_rotated"] == rotated
    assert found["impersonation"] == len(recorded(version, "impersonation_started"))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_few_mistyped_passwords_are_no_burst_and_five_of_them_are(version: str) -> None:
    book = BurstBook()
    book.add_all(all_of(version))
    assert book.bursts() == []
    failed = next(event for event in recorded(version, "login_failed") if event["user"]["pk"])
    login = next(
        event for event in recorded(version, "login") if event["user"]["username"] == failed["user"]["username"]
    )
    start = parse_instant(failed["created"])
    tries = [changed(failed, pk=f"try-{at}", created=_text(start + timedelta(seconds=at))) for at in range(14)]
    within = changed(login, pk="in", created=_text(start + timedelta(seconds=20)), client_ip=failed["client_ip"])
    book = BurstBook()
    book.add_all(translated(*tries, within))
    (burst,) = book.bursts()
    assert (burst.kind, burst.failures, burst.succeeded) == ("account", 14, True)


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
