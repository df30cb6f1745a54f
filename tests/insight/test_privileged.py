"""Changes that give power or take protection away, by what real servers recorded."""

from __future__ import annotations

from typing import Any

import pytest

from dezky_audit_tui.insight.privileged import privilege_of
from dezky_audit_tui.model.event import Person, Target
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS, GroupPatterns
from tests.insight.samples import ANA, ROOT, event
from tests.sources.replies import VERSIONS, recorded, translated

PATTERNS = GroupPatterns(DEFAULT_ADMIN_GROUPS)
GROUP = {"model": "authentik_core.group"}
ANA_TARGET = Target("user", "5", "ana")


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_starts_secrets_and_passwords_stand_out(version: str) -> None:
    def of(action: str) -> list[Any]:
        return [privilege_of(each, PATTERNS) for each in translated(*recorded(version, action))]

    assert set(of("impersonation_started")) == {"impersonation"}
    assert set(of("secret_view")) == {"secret_viewed"}
    assert set(of("login")) == set(of("login_failed")) == set(of("logout")) == {None}
    # None of these names who did it: the sibling does.
    assert set(of("password_set")) == {None}


def test_recorded_rotations_stand_out() -> None:
    rotated = translated(*recorded("2025.8.6", "secret_rotate"))
    assert {privilege_of(each, PATTERNS) for each in rotated} == {"secret_rotated"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_password_set_by_another_stands_out_with_its_sibling(version: str) -> None:
    password = recorded(version, "password_set")[1]
    request = password["context"]["http_request"]
    sibling = {**recorded(version, "model_deleted")[0], "pk": "sibling", "action": "model_updated"}
    sibling["context"] = {
        "http_request": request,
        "model": {"pk": 5, "app": "authentik_core", "name": "Alice", "model_name": "user"},
    }
    found = [privilege_of(each, PATTERNS) for each in translated(password, sibling)]
    assert found == ["password_by_other", None]


@pytest.mark.parametrize("name", ["authentik Admins", "acme-admins", "ACME-ADMIN"])
@pytest.mark.parametrize("action", ["model_created", "model_updated", "model_deleted"])
def test_groups_that_strip_as_admin_stand_out(action: str, name: str) -> None:
    assert privilege_of(event(action, target=Target("group", "1", name), **GROUP), PATTERNS) == "admin_group"


def test_other_groups_and_models_of_that_name_do_not() -> None:
    assert privilege_of(event("model_updated", target=Target("group", "1", "acme"), **GROUP), PATTERNS) is None
    other = event("model_updated", target=Target("flow", "1", "acme-admins"), model="authentik_flows.flow")
    assert privilege_of(other, PATTERNS) is None


def test_a_removed_second_factor_stands_out_and_an_enrolled_one_does_not() -> None:
    assert privilege_of(event("model_deleted", mfa="removed"), PATTERNS) == "mfa_removed"
    assert privilege_of(event("model_created", mfa="enrolled"), PATTERNS) is None


@pytest.mark.parametrize(
    ("actor", "wanted"),
    [
        (ROOT, "password_by_other"),
        (ANA, None),
        (None, None),
        (Person(name="AnonymousUser"), None),
        (Person(name="root"), "password_by_other"),
        (Person(name="ana"), None),
    ],
)
def test_a_password_stands_out_where_another_set_it(actor: Person | None, wanted: str | None) -> None:
    assert privilege_of(event("password_set", actor=actor, target=ANA_TARGET), PATTERNS) == wanted


def test_a_password_set_while_impersonating_its_owner_was_set_by_another() -> None:
    impersonating = event("password_set", actor=ROOT, behalf=ANA, target=ANA_TARGET)
    assert privilege_of(impersonating, PATTERNS) == "password_by_other"
