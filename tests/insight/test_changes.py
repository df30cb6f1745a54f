"""Changes that somebody has to know of: memberships, second factors, passwords, other privileged ones."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dezky_audit_tui.insight.changes import Change, Changes, Section, section_of
from dezky_audit_tui.insight.kinds import place_of
from dezky_audit_tui.model.event import AuditEvent, Person, Target
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from tests.insight.samples import ANA, ROOT, event, started

PATTERNS = GroupPatterns(DEFAULT_ADMIN_GROUPS)
GROUP, ADMINS = Target("group", "g1", "acme"), Target("group", "g2", "acme-admins")
ANA_TARGET = Target("user", "5", "ana")


def found(section: Section, *events: AuditEvent) -> tuple[Change, ...]:
    changes = Changes(PATTERNS)
    for each in events:
        changes.add(each)
    return changes.found()[section]


def group_saved(seconds: float, target: Target = GROUP, **more: Any) -> AuditEvent:
    return event("model_updated", seconds, target=target, model="authentik_core.group", **more)


def password(seconds: float, actor: Person | None, **more: Any) -> AuditEvent:
    return event("password_set", seconds, actor, target=ANA_TARGET, **more)


def user_updated(seconds: float, actor: Person, **more: Any) -> AuditEvent:
    return event("model_updated", seconds, actor, target=ANA_TARGET, model="authentik_core.user", **more)


def test_a_member_added_is_told_once_where_a_request_saved_the_group_twice() -> None:
    plain = group_saved(0, requestId="r1")
    telling = group_saved(0.03, requestId="r1", membership={"change": "added", "added": ["9"]})
    (change,) = found("memberships", plain, telling)
    assert (change.what, change.told, change.privilege) == ("group acme: added user 9", True, None)


def test_a_group_that_was_saved_without_saying_what_changed_says_so() -> None:
    (change,) = found("memberships", group_saved(0))
    assert not change.told


def test_a_group_whose_name_alone_changed_is_no_membership() -> None:
    assert found("memberships", group_saved(0, changed=["name"])) == ()
    (renamed,) = found("privileged", group_saved(0, ADMINS, changed=["name"]))
    assert renamed.privilege == "admin_group"


def test_the_groups_of_a_user_are_a_membership_and_other_fields_are_not() -> None:
    assert len(found("memberships", user_updated(0, ROOT, changed=["ak_groups"]))) == 1
    assert found("memberships", user_updated(0, ROOT, changed=["name"])) == ()


def test_admin_groups_and_removed_factors_are_privileged_where_they_stand() -> None:
    (change,) = found("memberships", group_saved(0, ADMINS, membership={"change": "added"}))
    assert change.privilege == "admin_group"
    comes, goes = event("model_created", 0, ANA, mfa="enrolled"), event("model_deleted", 1, ANA, mfa="removed")
    removed, enrolled = found("mfa", comes, goes)
    assert (removed.privilege, enrolled.privilege) == ("mfa_removed", None)


def test_a_password_set_by_its_owner_is_not_told() -> None:
    assert found("passwords", password(0, ANA)) == ()


def test_a_password_whose_writer_was_stored_later_is_told_with_the_writer() -> None:
    asked = password(0, None, requestId="r1")
    (change,) = found("passwords", asked, user_updated(0.5, ROOT, requestId="r1"))
    assert (change.actor, change.by, change.privilege) == (ROOT, "other", "password_by_other")
    assert found("passwords", user_updated(0.5, ANA, requestId="r1"), asked) == ()


@pytest.mark.parametrize("others", [[], [user_updated(0.5, Person(name="AnonymousUser"), requestId="r1")]])
def test_a_password_that_nobody_is_named_for_is_told_as_that(others: list[AuditEvent]) -> None:
    (change,) = found("passwords", password(0, None, requestId="r1"), *others)
    assert (change.by, change.privilege) == ("unknown", None)


def test_secrets_are_other_privileged_changes_and_impersonations_are_told_elsewhere() -> None:
    viewed = event("secret_view", 0, target=Target("token", "t", "ci"))
    assert [change.privilege for change in found("privileged", viewed, started(1))] == ["secret_viewed"]
    assert section_of(event("login"), PATTERNS) is None


@given(st.lists(st.tuples(st.sampled_from([None, "r1", "r2"]), st.booleans()), max_size=20), st.randoms())
def test_any_order_tells_the_same_and_no_more_than_there_is_room_for(
    each: list[tuple[str | None, bool]], chance: Random
) -> None:
    events = [
        group_saved(
            number,
            id=f"e{number:02}",
            **({"requestId": request} if request else {}),
            **({"membership": {"change": "added"}} if telling else {}),
        )
        for number, (request, telling) in enumerate(each)
    ]
    shuffled = list(events)
    chance.shuffle(shuffled)
    merged = found("memberships", *events)
    assert found("memberships", *shuffled) == merged
    requests = {each.request_id for each in events} - {None}
    assert len(merged) == len(requests) + sum(each.request_id is None for each in events)
    assert [change.place for change in merged] == sorted((change.place for change in merged), reverse=True)
    for request in requests:
        telling = [each for each in events if each.request_id == request and "membership" in each.metadata]
        (change,) = [change for change in merged if change.request_id == request]
        if telling:
            assert change.place == place_of(telling[-1])


def test_the_newest_are_kept_and_the_rest_is_counted() -> None:
    changes = Changes(PATTERNS, limit=10)
    for number in range(95):
        changes.add(group_saved(number))
    kept = changes.found()["memberships"]
    assert [round(change.at.second + change.at.minute * 60) for change in kept] == list(range(94, 84, -1))
    assert changes.left_out["memberships"] == 85
