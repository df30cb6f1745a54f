"""Every case of the demo's story is found, and nothing that is none: each scene against what it was meant to tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from random import Random

import pytest

from dezky_audit_tui.demo.people import make_cast
from dezky_audit_tui.demo.places import SCRIPT
from dezky_audit_tui.demo.scenes import admin, attacks, everyday, impersonation
from dezky_audit_tui.demo.stage import Origin, Scene, Stage
from dezky_audit_tui.insight.bursts import Burst, BurstBook
from dezky_audit_tui.insight.changes import SECTIONS, Change, Changes, Section
from dezky_audit_tui.insight.kinds import kind_of
from dezky_audit_tui.insight.session_fold import Session
from dezky_audit_tui.insight.sessions import SessionBook
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from tests.demo.told import history
from tests.insight.samples import NOON
from tests.sources.replies import translated

SEEDS = range(12)
PATTERNS = GroupPatterns(DEFAULT_ADMIN_GROUPS)


def play(scene: Scene, seed: int, *, past: bool = False) -> list[AuditEvent]:
    """What one scene makes of itself, translated as a page of the source would be."""
    stage = Stage(make_cast(seed), Random(seed), past=past)
    raw = [step.event for step in scene(stage, NOON) if step.event is not None]
    return translated(*raw)


def sessions(events: Sequence[AuditEvent]) -> list[Session]:
    book = SessionBook()
    book.add_all(events)
    return sorted(book.sessions(), key=lambda session: session.key)


def bursts(events: Sequence[AuditEvent]) -> list[Burst]:
    book = BurstBook()
    book.add_all(events)
    return book.bursts()


def changes(events: Sequence[AuditEvent], section: Section) -> tuple[Change, ...]:
    found = Changes(PATTERNS)
    for each in events:
        found.add(each)
    return found.found()[section]


def kinds(events: Sequence[AuditEvent]) -> list[str]:
    return [kind_of(each) for each in events]


@pytest.mark.parametrize("seed", SEEDS)
def test_help_is_one_session_with_all_that_was_done_in_it(seed: int) -> None:
    events = play(impersonation.helps, seed)
    (session,) = sessions(events)
    done = [each for each in events if each.on_behalf_of is not None and "impersonation" not in each.action]
    assert (session.how, session.actions) == ("ended", len(done))
    assert len(done) >= 2
    book = SessionBook()
    book.add_all(events)
    assert all(book.session_of(each) == session for each in done)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_way_to_end_is_told(seed: int) -> None:
    (logged_out,) = sessions(play(impersonation.helps_and_logs_out, seed))
    first, second = sessions(play(impersonation.hops, seed))
    (left,) = sessions(play(impersonation.never_ends, seed))
    (token,) = sessions(play(impersonation.by_token, seed))
    assert (logged_out.how, first.how, second.how) == ("logout", "new_start", "ended")
    assert second.reason == "same ticket, next account"
    assert (left.is_open, left.actions >= 2) == (True, True)
    assert (token.is_open, token.actions, token.reason) == (True, 0, "nightly check")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_script_that_starts_by_token_hides_no_session_of_a_browser(seed: int) -> None:
    stage = Stage(make_cast(seed), Random(seed), past=False)
    steps = impersonation.never_ends(stage, NOON)
    who = next(one for one in stage.cast.staff if stage.busy.get(one.user.pk))
    later, script = NOON + timedelta(minutes=5), Origin("127.0.0.1", SCRIPT)
    steps.append(impersonation.start_step(stage, later, who, stage.member(), script, "nightly check"))
    both = sessions(translated(*[step.event for step in steps if step.event is not None]))
    assert [session.is_open for session in both] == [True, True]


@pytest.mark.parametrize("seed", SEEDS)
def test_guessing_is_one_burst_that_got_in_or_did_not(seed: int) -> None:
    events = play(attacks.guesses_until_it_fits, seed)
    (burst,) = bursts(events)
    assert (burst.kind, burst.failures, burst.succeeded) == ("account", kinds(events).count("login_failed"), True)
    vain = play(attacks.guesses_in_vain, seed)
    (burst,) = bursts(vain)
    assert (burst.failures, burst.succeeded) == (kinds(vain).count("login_failed"), False)


@pytest.mark.parametrize("seed", SEEDS)
def test_spraying_is_one_burst_of_all_its_names(seed: int) -> None:
    events = play(attacks.sprays, seed)
    (burst,) = bursts(events)
    assert (burst.kind, burst.name_count) == ("spray", len({each.actor_name for each in events}))


@pytest.mark.parametrize("scene", [everyday.mistyped, everyday.unknown_name, everyday.wrong_second_factor])
@pytest.mark.parametrize("seed", SEEDS)
def test_people_who_mistype_make_no_burst(scene: Scene, seed: int) -> None:
    assert bursts(play(scene, seed)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_changes_stand_where_they_belong(seed: int) -> None:
    (password,) = changes(play(admin.sets_password, seed), "passwords")
    assert (password.by, password.privilege) in {("other", "password_by_other")}
    (shell,) = changes(play(admin.password_from_shell, seed), "passwords")
    assert shell.by == "unknown"
    assert changes(play(everyday.own_password, seed), "passwords") == ()
    assert changes(play(admin.recovers, seed), "passwords") == ()
    (viewed,) = changes(play(admin.views_secret, seed), "privileged")
    (rotated,) = changes(play(admin.rotates_secret, seed), "privileged")
    assert (viewed.privilege, rotated.privilege) == ("secret_viewed", "secret_rotated")
    (removed,) = changes(play(everyday.removes_factor, seed), "mfa")
    (enrolled,) = changes(play(everyday.enrolls_factor, seed), "mfa")
    assert (removed.privilege, enrolled.privilege) == ("mfa_removed", None)
    (saved,) = changes(play(admin.whole_group, seed), "memberships")
    assert saved.told == ("user" in saved.what)


def test_a_member_of_an_admin_group_comes_and_goes() -> None:
    found = [changes(play(admin.group_membership, seed), "memberships") for seed in SEEDS]
    pairs = [each for each in found if len(each) == 2]
    assert pairs
    for gone, came in pairs:
        assert (gone.privilege, came.privilege) == ("admin_group", "admin_group")
        assert ("removed" in gone.what, "added" in came.what) == (True, True)


# The whole history at once


@cache
def whole() -> list[AuditEvent]:
    return translated(*history())


def test_in_the_whole_history_every_start_is_a_session_and_every_borrowed_action_belongs_to_one() -> None:
    book = SessionBook()
    book.add_all(whole())
    found = book.sessions()
    starts = [each for each in whole() if kind_of(each) == "impersonation_started"]
    assert sum(session.started_at is not None for session in found) == len(starts)
    assert {session.how for session in found} == {None, "ended", "logout", "new_start"}
    for each in whole():
        if each.on_behalf_of is not None:
            session = book.session_of(each)
            assert session is not None
            assert session.admin.id == each.actor_id
            assert session.behalf is not None
            assert session.behalf.id == each.on_behalf_of.id


def test_in_the_whole_history_every_attacker_and_nobody_else_makes_bursts() -> None:
    book = BurstBook()
    book.add_all(whole())
    found = book.bursts()
    assert {burst.kind for burst in found} >= {"account", "spray"}
    assert any(burst.succeeded for burst in found)
    strangers = [each for each in whole() if kind_of(each) == "login_failed" and _is_stranger(each)]
    by_address: dict[str, list[AuditEvent]] = {}
    for each in strangers:
        by_address.setdefault(each.actor_ip or "", []).append(each)
    for tries in by_address.values():
        if len(tries) >= 5 and _minutes(tries) < 10:
            assert all(book.burst_of(each) is not None for each in tries)
    for burst in found:
        assert all(_is_strange(address) for address in burst.addresses), burst


def test_in_the_whole_history_each_sort_of_change_is_found() -> None:
    found = Changes(PATTERNS)
    for each in whole():
        found.add(each)
    told = found.found()
    assert all(told[section] for section in SECTIONS)
    privileges = {change.privilege for section in SECTIONS for change in told[section]} - {None}
    assert privileges == {"admin_group", "mfa_removed", "password_by_other", "secret_viewed", "secret_rotated"}
    owners = [change for change in told["passwords"] if change.target and change.actor.id == change.target.id]
    assert owners == []


def _is_stranger(each: AuditEvent) -> bool:
    return _is_strange(each.actor_ip or "")


def _is_strange(address: str) -> bool:
    return address.startswith(("198.51.100.", "2001:db8:bad:"))


def _minutes(events: Sequence[AuditEvent]) -> float:
    moments: list[datetime] = [each.at for each in events]
    return (max(moments) - min(moments)).total_seconds() / 60
