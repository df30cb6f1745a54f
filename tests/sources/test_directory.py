"""Who belongs to which groups, and when that may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.errors import SourceError, SourceGarbled, SourceRefused, SourceUnavailable
from dezky_audit_tui.model.tenants import Membership
from dezky_audit_tui.sources.authentik.client import AuthentikClient
from dezky_audit_tui.sources.authentik.directory import Directory
from dezky_audit_tui.sources.authentik.people import Group, UserInfo
from tests.sources.replies import SEEN_AT, VERSIONS, reply
from tests.sources.scripted import Answer, Request, ScriptedServer, recorded_answer


@dataclass
class FakePeople:
    """A directory in memory: users by pk with their direct groups, and a clock that may be off from ours."""

    members: dict[str, set[str]] = field(default_factory=dict)
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    now: datetime = SEEN_AT
    offset_s: float | None = 0.0
    error: SourceError | None = None
    user_error: SourceError | None = None
    spoiled: dict[str, SourceError] = field(default_factory=dict)
    tells_members: bool = True
    shows_no_group: bool = False
    listings: int = 0
    lookups: list[str] = field(default_factory=list)

    @property
    def clock_offset_s(self) -> float | None:
        return self.offset_s

    @property
    def source_now(self) -> datetime:
        return self.now + timedelta(seconds=self.offset_s or 0)

    async def groups(self) -> list[Group]:
        self.listings += 1
        if self.error is not None:
            raise self.error
        if self.shows_no_group:
            return []
        names = {*self.members, *self.parents, *(parent for each in self.parents.values() for parent in each), "staff"}
        return [
            Group(
                pk=f"pk-{name}",
                name=name,
                parents=tuple(f"pk-{parent}" for parent in self.parents.get(name, ())),
                users=frozenset(self.members.get(name, ())) if self.tells_members else None,
            )
            for name in names
        ]

    async def user(self, pk: str) -> UserInfo | None:
        self.lookups.append(pk)
        if self.user_error is not None:
            raise self.user_error
        if pk in self.spoiled:
            raise self.spoiled[pk]
        direct = sorted((f"pk-{name}", name) for name, members in self.members.items() if pk in members)
        return UserInfo(pk, None, tuple(direct)) if direct or pk in self.users else None

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def directory(people: FakePeople) -> Directory:
    return Directory(people, lambda: people.now)


async def ask(
    books: Directory, *user_ids: str, changed_at: datetime | None = None, new_tick: bool = True
) -> Mapping[str, Membership | None]:
    if new_tick:
        books.begin_tick()
    return await books.memberships(user_ids, changed_at)


def groups_of(membership: Membership | None) -> tuple[str, ...]:
    assert membership is not None
    assert membership.exists
    return membership.groups


async def test_one_listing_maps_all_users() -> None:
    people = FakePeople({"acme": {"1", "2"}, "beta": {"2", "3"}})
    got = await ask(directory(people), "1", "2", "3")
    assert {user: groups_of(membership) for user, membership in got.items()} == {
        "1": ("acme",),
        "2": ("acme", "beta"),
        "3": ("beta",),
    }
    assert (people.listings, people.lookups) == (1, [])
    assert got["1"] == Membership(("acme",), SEEN_AT)


async def test_direct_groups_come_by_name_and_then_their_parents_level_by_level() -> None:
    people = FakePeople(
        {"z-team": {"1"}, "a-team": {"1"}},
        {"a-team": ("west", "all"), "z-team": ("east",), "east": ("world",), "west": ("world",)},
    )
    got = await ask(directory(people), "1")
    assert groups_of(got["1"]) == ("a-team", "z-team", "all", "east", "west", "world")


async def test_groups_that_are_each_others_parents_and_parents_that_nobody_shows_come_to_an_end() -> None:
    people = FakePeople({"a": {"1"}}, {"a": ("b",), "b": ("c", "a"), "c": ("a", "c")})
    assert groups_of((await ask(directory(people), "1"))["1"]) == ("a", "b", "c")


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefg"), max_size=4).map(tuple), min_size=1)
)
async def test_any_tangle_of_parents_names_each_group_once(parents: dict[str, tuple[str, ...]]) -> None:
    first = min(parents)
    names = groups_of((await ask(directory(FakePeople({first: {"1"}}, parents)), "1"))["1"])
    assert names[0] == first
    assert len(names) == len(set(names))
    reached = {first}
    while more := {parent for name in reached for parent in parents.get(name, ())} - reached:
        reached |= more
    assert set(names) == reached


async def test_it_is_not_asked_again_until_some_minutes_have_passed() -> None:
    people = FakePeople({"acme": {"1"}})
    books = directory(people)
    for _ in range(5):
        await ask(books, "1")
        people.pass_time(59)
    assert people.listings == 1
    people.pass_time(10)
    people.members["beta"] = {"1"}
    got = await ask(books, "1")
    assert people.listings == 2
    assert got["1"] == Membership(("acme", "beta"), people.now)


async def test_a_change_of_groups_seen_among_the_events_is_asked_for_at_once() -> None:
    people = FakePeople({"acme": {"1"}})
    books = directory(people)
    await ask(books, "1")
    people.pass_time(30)
    people.members = {"beta": {"1"}}
    changed_at = people.source_now
    people.pass_time(30)
    assert groups_of((await ask(books, "1", changed_at=changed_at))["1"]) == ("beta",)
    people.pass_time(30)
    await ask(books, "1", changed_at=changed_at)
    assert people.listings == 2


@pytest.mark.parametrize("offset_s", [-3600.0, -40.0, 0.0, 40.0, 3600.0])
async def test_a_change_is_noticed_whatever_the_clocks_say(offset_s: float) -> None:
    people = FakePeople({"acme": {"1"}}, offset_s=offset_s)
    books = directory(people)
    await ask(books, "1", changed_at=people.source_now - timedelta(seconds=5))
    people.pass_time(20)
    people.members = {"beta": {"1"}}
    changed_at = people.source_now
    assert groups_of((await ask(books, "1", changed_at=changed_at))["1"]) == ("beta",)
    for _ in range(3):
        people.pass_time(60)
        await ask(books, "1", changed_at=changed_at)
    assert people.listings == 2


async def test_a_change_whose_event_came_before_the_listing_is_in_it_however_close() -> None:
    people = FakePeople({"acme": {"1"}}, offset_s=-1.0)
    changed_at = people.now
    assert groups_of((await ask(directory(people), "1", changed_at=changed_at))["1"]) == ("acme",)


async def test_a_change_that_was_committed_late_is_asked_for_too() -> None:
    people = FakePeople({"acme": {"1"}})
    books = directory(people)
    await ask(books, "1")
    people.members = {"beta": {"1"}}
    people.pass_time(60)
    late = people.source_now - timedelta(seconds=120)
    assert groups_of((await ask(books, "1", changed_at=late))["1"]) == ("beta",)


async def test_old_changes_met_in_the_history_ask_for_nothing() -> None:
    people = FakePeople({"acme": {"1"}})
    books = directory(people)
    await ask(books, "1")
    for days in (3, 2, 1, 4):
        got = await ask(books, "1", changed_at=people.source_now - timedelta(days=days))
        assert groups_of(got["1"]) == ("acme",)
    assert people.listings == 1


async def test_it_is_asked_at_most_once_a_tick_and_does_not_tell_what_may_be_old() -> None:
    people = FakePeople({"acme": {"1"}})
    books = directory(people)
    await ask(books, "1")
    people.pass_time(10)
    people.members = {"beta": {"1"}}
    got = await ask(books, "1", changed_at=people.source_now, new_tick=False)
    assert got == {"1": None}
    assert people.listings == 1
    assert groups_of((await ask(books, "1"))["1"]) == ("beta",)


async def test_a_change_that_could_not_be_looked_up_is_not_forgotten() -> None:
    people = FakePeople({"acme": {"1"}})
    books = directory(people)
    await ask(books, "1")
    people.pass_time(10)
    people.members, people.error = {"beta": {"1"}}, SourceUnavailable("away")
    assert await ask(books, "1", changed_at=people.source_now) == {"1": None}
    people.pass_time(60)
    assert await ask(books, "1") == {"1": None}
    people.error = None
    assert groups_of((await ask(books, "1"))["1"]) == ("beta",)


async def test_a_change_from_a_fast_clock_hides_none_of_the_later_ones() -> None:
    people = FakePeople({"acme": {"1"}})
    books = directory(people)
    future = people.source_now + timedelta(days=9)
    assert groups_of((await ask(books, "1", changed_at=future))["1"]) == ("acme",)
    people.pass_time(60)
    people.members = {"beta": {"1"}}
    assert groups_of((await ask(books, "1", changed_at=people.source_now))["1"]) == ("beta",)
    people.pass_time(60)
    await ask(books, "1", changed_at=future)
    assert people.listings == 2


async def test_an_unknown_user_is_asked_for_at_most_once_a_tick() -> None:
    people = FakePeople({"acme": {"1"}})
    books = directory(people)
    await ask(books, "1")
    people.members["beta"] = {"2"}
    assert groups_of((await ask(books, "2"))["2"]) == ("beta",)
    assert people.listings == 2
    people.members["gamma"] = {"3"}
    got = await ask(books, "3", new_tick=False)
    assert people.listings == 2
    assert people.lookups == ["3"]
    assert got["3"] is not None


async def test_a_user_of_no_group_is_told_from_one_that_is_gone_and_remembered() -> None:
    people = FakePeople({"acme": {"1"}}, users={"2"})
    books = directory(people)
    for _ in range(3):
        got = await ask(books, "1", "2", "3")
        assert got["2"] == Membership((), SEEN_AT)
        assert got["3"] == Membership((), SEEN_AT, exists=False)
    assert (people.listings, people.lookups) == (1, ["2", "3"])
    people.pass_time(301)
    await ask(books, "2", "3")
    assert (people.listings, people.lookups) == (2, ["2", "3", "2", "3"])


async def test_only_so_many_users_are_looked_up_in_a_tick() -> None:
    people = FakePeople(users={str(number) for number in range(120)})
    books = directory(people)
    wanted = [str(number) for number in range(120)]
    got = await ask(books, *wanted)
    assert sum(membership is not None for membership in got.values()) == len(people.lookups) == 50
    assert (await ask(books, *wanted, new_tick=False))["119"] is None
    assert len(people.lookups) == 50


@pytest.mark.parametrize("hostile", ["", "../1", "1/", "-1", "1.0", "01", "٣", "9" * 40, "1\n", "abc", "1e3", "\x00"])
async def test_what_is_no_id_is_nobody_and_is_never_asked_for(hostile: str) -> None:
    people = FakePeople({"acme": {"1"}})
    got = await ask(directory(people), hostile)
    assert got[hostile] == Membership((), SEEN_AT, exists=False)
    assert (people.listings, people.lookups) == (0, [])


async def test_no_answer_is_none_for_all_and_is_told() -> None:
    people = FakePeople({"acme": {"1"}}, error=SourceRefused("no", kind="no_permission"))
    books = directory(people)
    assert await ask(books, "1", "2") == {"1": None, "2": None}
    assert books.last_error is people.error
    await ask(books, "1", new_tick=False)
    assert people.listings == 1
    people.error = None
    assert groups_of((await ask(books, "1"))["1"]) == ("acme",)
    assert books.last_error is None


async def test_a_list_without_a_group_makes_nobody_gone() -> None:
    people = FakePeople({"acme": {"1"}}, users={"2"}, shows_no_group=True)
    books = directory(people)
    assert await ask(books, "3") == {"3": None}, "neither is shown: who is gone cannot be told"
    assert books.last_error is not None
    assert books.last_error.kind == "no_permission"
    assert "Can view Group" in books.last_error.message
    people.pass_time(61)
    assert await ask(books, "1") == {"1": None}, "is in a group that is not listed: its parents are not known"
    people.shows_no_group = False
    assert groups_of((await ask(books, "1"))["1"]) == ("acme",)


async def test_without_a_group_a_user_who_is_shown_has_none() -> None:
    books = directory(FakePeople({}, users={"2"}, shows_no_group=True))
    assert await ask(books, "2") == {"2": Membership((), SEEN_AT)}
    assert books.last_error is None


async def test_while_it_does_not_answer_a_young_map_is_believed_and_an_old_one_is_not() -> None:
    people = FakePeople({"acme": {"1"}})
    books = directory(people)
    await ask(books, "1")
    people.error = people.user_error = SourceUnavailable("away")
    people.pass_time(600)
    got = await ask(books, "1", "2")
    assert got["1"] == Membership(("acme",), SEEN_AT)
    assert got["2"] is None
    assert await ask(books, "1", changed_at=people.source_now) == {"1": None}
    people.pass_time(301)
    assert await ask(books, "1") == {"1": None}


async def test_one_look_up_that_fails_ends_those_of_the_tick() -> None:
    people = FakePeople(users={"1", "2", "3"}, user_error=SourceUnavailable("away"))
    books = directory(people)
    assert await ask(books, "1", "2", "3") == {"1": None, "2": None, "3": None}
    assert people.lookups == ["1"]
    assert books.last_error is people.user_error


@pytest.mark.parametrize("kind", ["server_error", "source_garbled"])
async def test_one_user_whose_answer_is_of_no_use_holds_back_no_other(kind: str) -> None:
    people = FakePeople(users={str(number) for number in range(20)})
    error = SourceGarbled("odd") if kind == "source_garbled" else SourceUnavailable("failed inside", kind=kind)
    people.spoiled = {"0": error, "1": error}
    books = directory(people)
    got = await ask(books, *map(str, range(20)))
    assert [user_id for user_id, membership in got.items() if membership is None] == ["0", "1"]
    assert books.last_error is error
    people.spoiled = dict.fromkeys(people.users, error)
    people.lookups.clear()
    await ask(books, *map(str, range(20)), "21")
    assert len(people.lookups) == 5, "and where all are, it is not asked for all"


async def test_users_that_no_look_up_was_left_for_come_first_in_the_next_tick() -> None:
    people = FakePeople(users={str(number) for number in range(120)})
    books = directory(people)
    answered: set[str] = set()
    for _ in range(4):
        # As a tick does: first those of the new events, always the same; then those that are still unresolved.
        got = dict(await ask(books, *map(str, range(60))))
        unresolved = [str(number) for number in range(90) if str(number) not in answered]
        got |= await ask(books, *unresolved, new_tick=False)
        answered |= {user_id for user_id, membership in got.items() if membership is not None}
    assert answered == {str(number) for number in range(90)}
    assert len(people.lookups) <= 4 * 50


async def test_users_that_wait_are_counted_and_ask_for_no_other_listing() -> None:
    people = FakePeople(users={str(number) for number in range(900)})
    books = directory(people)
    left, waiting = [str(number) for number in range(900)], []
    while left:
        got = await ask(books, *left)
        left = [user_id for user_id, membership in got.items() if membership is None]
        assert len(left) == books.waiting
        waiting.append(books.waiting)
    assert waiting == list(range(850, -1, -50))
    assert (people.listings, len(people.lookups)) == (1, 900)
    await ask(books, "901")
    assert people.listings == 2, "one that is new does"


async def test_an_error_is_that_of_the_tick() -> None:
    people = FakePeople(users={"1", "2"}, user_error=SourceUnavailable("away"))
    books = directory(people)
    await ask(books, "1")
    assert books.last_error is people.user_error
    people.user_error = None
    await ask(books, "1", "2")
    assert books.last_error is None


async def test_where_groups_do_not_tell_their_members_users_are_looked_up() -> None:
    people = FakePeople({"acme": {"1"}, "beta": {"2"}}, {"acme": ("all",)}, tells_members=False)
    books = directory(people)
    got = await ask(books, "1", "2", "3")
    assert (groups_of(got["1"]), groups_of(got["2"])) == (("acme", "all"), ("beta",))
    assert got["3"] == Membership((), SEEN_AT, exists=False)
    await ask(books, "1", "2", "3")
    assert (people.listings, len(people.lookups)) == (1, 3)


async def test_the_time_of_the_look_up_is_that_before_the_request() -> None:
    class Slow(FakePeople):
        async def groups(self) -> list[Group]:
            found = await super().groups()
            self.pass_time(30)
            self.members = {"beta": {"1"}}
            return found

    people = Slow({"acme": {"1"}})
    books = directory(people)
    got = await ask(books, "1")
    assert got["1"] == Membership(("acme",), SEEN_AT)
    during = SEEN_AT + timedelta(seconds=10)
    assert groups_of((await ask(books, "1", changed_at=during))["1"]) == ("beta",)


async def test_a_clock_that_went_back_is_no_reason_to_believe_an_old_map() -> None:
    people = FakePeople({"acme": {"1"}})
    books = directory(people)
    await ask(books, "1")
    people.pass_time(-7200)
    people.members = {"beta": {"1"}}
    assert groups_of((await ask(books, "1"))["1"]) == ("beta",)


async def test_nobody_wanted_costs_nothing() -> None:
    people = FakePeople()
    assert await ask(directory(people)) == {}
    assert people.listings == 0


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_recorded_directory_of_both_versions_is_read(version: str) -> None:
    def script(request: Request) -> Answer:
        if request.path == "/api/v3/core/groups/":
            return recorded_answer(reply(version, "groups_no_users"))
        return recorded_answer(reply(version, "user_missing"))

    async with ScriptedServer(script) as server:
        client = AuthentikClient(server.url, "token", clock=lambda: SEEN_AT)
        got = await ask(Directory(client, lambda: SEEN_AT), "5", "8", "99999")
        await client.aclose()
    assert groups_of(got["5"]) == ("acme", "acme-admins")
    assert groups_of(got["8"]) == ("authentik Admins", "dezky-admins")
    assert got["99999"] == Membership((), SEEN_AT, exists=False)
    assert client.requests == 2
