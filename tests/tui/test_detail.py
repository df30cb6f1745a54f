from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from dezky_audit_tui.model.event import AuditEvent, Person, Target, TenantWhy, event_json
from dezky_audit_tui.model.finding import Change, finding_of
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.tui.words.detail_lines import copy_text, detail_lines, json_lines
from dezky_audit_tui.tui.words.pieces import text_of
from dezky_audit_tui.tui.words.related import Related, related_to
from dezky_audit_tui.tui.words.why import why_text
from dezky_audit_tui.tui.words.zone import Zone
from tests.tui.rows import NOON, event, put
from tests.tui.screen import dashboard

STARTED, ENDED = "authentik.impersonation_started", "authentik.impersonation_ended"


def lines(made: AuditEvent, related: Related | None = Related(), width: int = 70) -> list[str]:  # noqa: B008  # frozen
    return [text_of(line) for line in detail_lines(made, related, Zone(), NOON + timedelta(seconds=90), width)]


def text(made: AuditEvent, related: Related | None = Related()) -> str:  # noqa: B008  # frozen
    return "\n".join(lines(made, related))


def ended(n: int, **more: Any) -> AuditEvent:
    return event(
        n, action=ENDED, actor_id="1", actor_name="root", metadata={"rawAction": "impersonation_ended"}, **more
    )


def started(n: int, whom: str) -> AuditEvent:
    metadata = {"rawAction": "impersonation_started"}
    behalf = Person("9", whom)
    return event(n, action=STARTED, actor_id="1", actor_name="root", on_behalf_of=behalf, metadata=metadata)


def test_it_is_readable_first_and_json_last() -> None:
    why = TenantWhy("matched", "0", ("acme", "acme-admins"), ("acme-admins",), NOON)
    shown = lines(event(0, target=Target("group", "5", "Ops"), tenant_why=why, recorded_at=NOON + timedelta(seconds=7)))
    assert shown[0] == " login   success"
    assert shown[1] == " Tue 24 Nov 2026 12:00:00.000 UTC   1 min ago"
    body = "\n".join(shown)
    for words in (
        "who       user0",
        "from      203.0.113.0",
        "target    group Ops (id 5)",
        "tenant    acme",
        "because   group acme of user0; left out as admin groups: acme-admins",
        "stored 7 s later",
        '"externalId": "id-000000"',
    ):
        assert words in body
    assert body.index("because") < body.index('"source"')


def test_a_path_that_is_longer_than_a_line_goes_on_below() -> None:
    path = "/api/v3/core/applications/customer-portal/check_access_and_more/"
    made = event(0, metadata={"method": "GET", "path": path})
    shown = [line.strip() for line in lines(made, width=50)]
    at = shown.index("request   GET")
    assert "".join(shown[at + 1 : at + 3]) == path


def test_what_is_stored_in_the_second_it_happened_is_stored_at_once() -> None:
    assert ", stored at once" in text(event(0, recorded_at=NOON + timedelta(milliseconds=300)))


def test_a_typed_name_is_told_to_be_only_that() -> None:
    failed = event(action="authentik.login_failed", outcome="failure", metadata={"rawAction": "login_failed"})
    assert "the name that was typed" in text(failed)


def test_nobody_is_not_made_up() -> None:
    nobody = event(actor_id=None, actor_name=None, metadata={"rawAction": "password_set"})
    assert "who       not recorded" in text(nobody)


async def test_the_admin_who_set_a_password_is_told_by_the_sibling(store: SqliteStore) -> None:
    request = {"requestId": "r1"}
    written = event(
        1,
        action="authentik.password_changed",
        actor_id=None,
        actor_name=None,
        target=Target("user", "5", "ana"),
        metadata={"rawAction": "password_set", **request},
    )
    model = event(
        2, action="authentik.model_updated", actor_name="root", metadata={"rawAction": "model_updated", **request}
    )
    await put(store, [written, model, event(3)])
    related = await related_to(store, written)
    assert [other.external_id for other in related.siblings] == ["id-000002"]
    shown = text(written, related)
    assert "who       root" in shown
    assert "told by model_updated of the same request" in shown


async def test_the_end_of_an_impersonation_names_whom_it_ends(store: SqliteStore) -> None:
    await put(store, [started(1, "ana"), event(2), ended(3), started(5, "bob"), ended(7)])
    shown = text(ended(7), await related_to(store, ended(7)))
    assert "as        bob (told by the start at" in shown
    assert "as        ana" in text(ended(3), await related_to(store, ended(3)))


async def test_an_end_without_a_start_of_its_own_names_nobody(store: SqliteStore) -> None:
    await put(store, [started(1, "ana"), ended(3), ended(7)])
    assert "no start of this impersonation is known" in text(ended(7), await related_to(store, ended(7)))


def test_hidden_characters_are_warned_of_and_shown_as_glyphs() -> None:
    shown = text(event(actor_name="ana\u202e\x1b[2J"))
    assert "beware" in shown
    assert "‹202E›" in shown
    assert "␛" in shown


def test_the_copied_json_is_the_event_in_ascii() -> None:
    made = event(actor_name="ana\x1b\x9b\u202e")
    copied = copy_text(made)
    assert copied.isascii()
    assert "\x1b" not in copied
    assert json.loads(copied) == event_json(made)


def test_each_reason_for_a_tenant_is_a_sentence() -> None:
    def why(reason: Any, **more: Any) -> str:
        return why_text(event(1, tenant_slug=None, tenant_why=TenantWhy(reason, **more)))

    assert why("no_user") == "a system event, or no known user"
    assert why("no_groups", user_id="1") == "the user is in no group (user1)"
    assert why("no_such_tenant", user_id="77", groups=("staff",)) == "no group names a known tenant: staff (user 77)"
    assert "left out as admin groups: x-admins" in why(
        "only_admin_groups", groups=("x-admins",), stripped=("x-admins",)
    )
    assert "tried again" in why("lookup_failed")
    assert why_text(event(0)) == "told by the writer of the event"


@given(st.text(max_size=80), st.text(max_size=80), st.integers(50, 130))
@settings(max_examples=50, deadline=None)
def test_any_text_stays_within_the_width_and_harmless(name: str, other: str, width: int) -> None:
    made = event(
        actor_name=name,
        actor_email=other,
        actor_ip=other,
        target=Target(other, name, other),
        tenant_slug=name,
        tenant_why=TenantWhy("no_such_tenant", other, (name, other)),
        metadata={"requestId": other, "userAgent": name, "path": other, "message": name},
    )
    for line in lines(made, Related(siblings=(made,)), width):
        assert line.isprintable()
        assert cell_len(line) <= width


def test_what_reading_the_source_again_found_is_told_first_and_harmless() -> None:
    made = event(0)
    change = Change("actorName", "user0", "mal\x1b[31mlory")
    notes = (
        finding_of(made, "changed", NOON, (change,)),
        replace(finding_of(made, "gone", NOON), back_at=NOON + timedelta(seconds=5)),
    )
    shown = " ".join(" ".join(lines(made, Related(notes=notes), width=200)).split())
    assert "noted changed at the source, found Tue 24 Nov 2026 12:00:00.000 UTC; below, as it was first seen" in shown
    assert "actorName: user0 → mal␛[31mlory" in shown
    assert "noted gone from the source, found Tue 24 Nov 2026 12:00:00.000 UTC" in shown
    assert "shown there again since Tue 24 Nov 2026 12:00:05.000 UTC" in shown
    assert shown.index("noted") < shown.index("who user0")


async def test_the_notes_of_an_event_are_looked_up_with_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "audit.db")
    await store.open()
    lease = await store.acquire_lease("authentik", "ann@here/1/a-b-1", 30)
    assert lease is not None
    note = finding_of(event(0), "gone", NOON)
    await store.note([note], lease)
    assert (await related_to(store, event(0))).notes == (note,)
    assert (await related_to(store, event(1))).notes == ()
    await store.close()


async def test_what_is_read_does_not_give_way_to_the_next_event(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as screen:
        await screen.press("enter")
        read = screen.chosen
        assert read is not None
        screen.stage.simulation.login()
        await screen.stage.pass_time(61)
        await screen.settled()
        assert screen.chosen == read
        assert "+1 new" in screen.filter


def test_no_line_end_in_a_text_makes_a_line_of_json() -> None:
    agent = 'x\u2028  "actorName": "root",\x85  "outcome": "success",'
    lines = [text_of(line) for line in json_lines({"userAgent": agent}, 200)]
    assert len(lines) == 3
    assert "‹2028›" in lines[1]
