"""The story's events have the keys and types of recorded ones."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.demo import recorded
from tests.demo.told import Json, actions, history, of

# Who acted, from where and with which request differs from event to event of one action, in every version.
VARIES = (
    ".user",
    ".client_ip",
    ".context.geo",
    ".context.asn",
    ".context.http_request",
    ".context.attributes",
    ".context.context",
    ".context.diff",
    ".context.auth_method_args.mfa_devices",
)
USERS: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset({"username"}),
    frozenset({"pk", "email", "username"}),
    frozenset({"pk", "email", "username", "is_anonymous"}),
    frozenset({"pk", "email", "username", "on_behalf_of"}),
    frozenset({"pk", "email", "username", "authenticated_as"}),
)
OF_ONE_KIND = ("model_", "custom_", "configuration_")
"""Actions whose context depends on what they are about: known by the recordings of all of their kind."""


def _recordings(action: str) -> list[Json]:
    kind = next((prefix for prefix in OF_ONE_KIND if action.startswith(prefix)), None)
    return [
        event
        for version in recorded.VERSIONS
        for name, events in recorded.events(version).items()
        if name == action or (kind is not None and name.startswith(kind))
        for event in events
    ]


RECORDED = sorted({name for version in recorded.VERSIONS for name in recorded.events(version)})


@pytest.mark.parametrize("action", RECORDED)
def test_keys_and_types(action: str) -> None:
    shapes = [recorded.shape(event) for event in _recordings(action)]
    allowed: dict[str, set[str]] = defaultdict(set)
    for shape in shapes:
        for path, kind in shape.items():
            allowed[path].add(kind)
    always = {path for path in set.intersection(*map(set, shapes)) if not path.startswith(VARIES)}
    assert of(action)
    for event in of(action):
        mine = recorded.shape(event)
        assert always <= mine.keys()
        for path, kind in mine.items():
            assert path.startswith(VARIES) or kind in allowed[path], path


def test_every_event_has_the_frame_of_a_recorded_one() -> None:
    frame = list(_recordings("login")[0])
    for event in history():
        assert list(event) == frame
        assert frozenset(event["user"]) in USERS
        assert type(event["client_ip"]) in (str, type(None))
        assert list(event["brand"]) == ["pk", "app", "name", "model_name"]


def test_requests_and_geography_have_the_shape_of_recorded_ones() -> None:
    login = _recordings("configuration_error")[0]["context"]
    for event in history():
        context = event["context"]
        for name in ("geo", "asn", "http_request"):
            if name in context:
                assert set(context[name]) == set(login[name])


@pytest.mark.parametrize("version", recorded.VERSIONS)
def test_every_recorded_form_is_told(version: str) -> None:
    for action, events in recorded.events(version).items():
        if action.startswith(OF_ONE_KIND):
            assert action in actions()
            continue
        told = {_outline(event) for event in of(action)}
        for event in events:
            assert _outline(event) in told, action


def _outline(event: Json) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(event["user"]), frozenset(event["context"]) - {"geo", "asn", "name", "email"}
