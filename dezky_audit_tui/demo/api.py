"""The simulated API: from a request to the reply that a real server of that generation gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dezky_audit_tui.demo.autocomplete import ACTIONS, groups_autocomplete, users_autocomplete
from dezky_audit_tui.demo.directory import Directory
from dezky_audit_tui.demo.faults import Fault
from dezky_audit_tui.demo.log import EventLog, Slice
from dezky_audit_tui.demo.messages import Listing, Reply, Request, detail, dump, json_reply, not_found_page
from dezky_audit_tui.demo.paging import paginate
from dezky_audit_tui.demo.selection import needs_scan, plain_order, select
from dezky_audit_tui.demo.shapes import group_json, user_json, version_json
from dezky_audit_tui.demo.tokens import NO_PERMISSION, Token, authenticate
from dezky_audit_tui.demo.twists import asked_page, skipped_rows, twist

ROOT = "/api/v3"
EVENTS, GROUPS, USERS, VERSION = "/events/events/", "/core/groups/", "/core/users/", "/admin/version/"
_ONE_USER = re.compile(r"/core/users/(\d+)/")
_LIST_ALLOW = "GET, POST, HEAD, OPTIONS"
_ONE_ALLOW = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"
_VERSION_ALLOW = "GET, HEAD, OPTIONS"

Fetch = Callable[[int, int | None, int], Slice | None]
"""(page, page size as asked, rows left out at the top): the page, or None where there is none."""


def place(path: str) -> str:
    """Which part of the API a path belongs to: `events`, `groups`, `users`, `version` or `other`."""
    for prefix, name in ((EVENTS, "events"), (GROUPS, "groups"), (USERS, "users"), (VERSION, "version")):
        if path.startswith(ROOT + prefix):
            return name
    return "other"


class Api:
    """Answers requests from a log and a directory. `before_page` is called with the number of an events page
    before it is read, so that a test can change the log between two pages."""

    def __init__(self, log: EventLog, directory: Directory, tokens: Mapping[str, Token]) -> None:
        self.log = log
        self.directory = directory
        self.tokens = tokens
        self.before_page: Callable[[int], None] | None = None

    def answer(self, request: Request, fault: Fault | None = None) -> Reply:
        """The reply, with those faults in it that concern the contents of a list."""
        path = request.path.removeprefix(ROOT)
        if path == request.path:
            return not_found_page()
        one_user = _ONE_USER.fullmatch(path)
        allow = _ONE_ALLOW if one_user else _VERSION_ALLOW if path == VERSION else _LIST_ALLOW
        if path not in (EVENTS, GROUPS, USERS, VERSION) and not one_user:
            return not_found_page()
        if not _accepts_json(request.headers.get("accept")):
            return detail(406, "Could not satisfy the request Accept header.", allow)
        token = authenticate(request.headers.get("authorization"), self.tokens, self.log.generation)
        if isinstance(token, str):
            return detail(403, token, allow)
        if request.method not in ("GET", "HEAD"):
            return detail(405, f'Method "{request.method}" not allowed.', allow)
        if not _may(path, token):
            return detail(403, NO_PERMISSION, allow)
        if path == EVENTS:
            return self._events(request, token, fault)
        if path == GROUPS:
            return self._groups(request, token, fault)
        if path == USERS:
            return self._users(request, token, fault)
        if path == VERSION:
            return json_reply(200, version_json(self.log.generation), Allow=allow)
        return self._user(int(one_user[1]) if one_user else 0, token)

    def _events(self, request: Request, token: Token, fault: Fault | None) -> Reply:
        params = request.params
        for action in params.get("actions", ()):
            if action not in ACTIONS:
                text = f"Select a valid choice. {action} is not one of the available choices."
                return json_reply(400, {"actions": [text]}, Allow=_LIST_ALLOW)
        if self.before_page is not None:
            page = asked_page(params)
            self.before_page(1 if page is None else page)
        autocomplete = self.log.autocomplete()
        if token.empty:
            return self._list(params, _fetch_rows([], self.log), autocomplete, fault)
        if needs_scan(params):
            return self._list(params, _fetch_rows(select(self.log, params), self.log), autocomplete, fault)
        ascending = plain_order(params) == "ascending"

        def fetch(page: int, size: int | None, skip: int) -> Slice | None:
            return self.log.slice(page, size, ascending=ascending, skip=skip)

        return self._list(params, fetch, autocomplete, fault)

    def _groups(self, request: Request, token: Token, fault: Fault | None) -> Reply:
        params, generation = request.params, self.log.generation
        include = params.get("include_users", ["true"])[-1].lower() not in ("false", "0", "f")
        groups = [] if token.empty else self.directory.groups()
        rows = [dump(group_json(group, self.directory, generation, include_users=include)) for group in groups]
        return self._list(params, _fetch_rows(rows, self.log), groups_autocomplete(generation), fault)

    def _users(self, request: Request, token: Token, fault: Fault | None) -> Reply:
        params = request.params
        users = [] if token.empty else self.directory.users()
        if username := params.get("username", [""])[-1]:
            users = [user for user in users if user.username == username]
        rows = [dump(user_json(user, self.directory, self.log.generation)) for user in users]
        return self._list(params, _fetch_rows(rows, self.log), users_autocomplete(), fault)

    def _user(self, pk: int, token: Token) -> Reply:
        user = None if token.empty else self.directory.user(pk)
        if user is None:
            return detail(404, "No User matches the given query.", _ONE_ALLOW)
        return json_reply(200, user_json(user, self.directory, self.log.generation), Allow=_ONE_ALLOW)

    def _list(
        self, params: Mapping[str, list[str]], fetch: Fetch, autocomplete: Mapping[str, Any], fault: Fault | None
    ) -> Reply:
        size, page, skip = _page_size(params), asked_page(params, fault), skipped_rows(fault)
        found = None if page is None else fetch(page, size, skip)
        if found is None and (params.get("page", [""])[-1] == "last" or (fault and fault.kind == "endless_next")):
            first = fetch(1, size, skip)
            found = first and fetch(first.pagination["total_pages"], size, skip)
        if found is None:
            return detail(404, "Invalid page.", _LIST_ALLOW)
        listing = Listing(found.pagination, found.rows, autocomplete, _LIST_ALLOW)
        return listing.reply() if fault is None else twist(listing, params, fault)


def _fetch_rows(rows: Sequence[bytes], log: EventLog) -> Fetch:
    def fetch(page: int, size: int | None, skip: int) -> Slice | None:
        left = rows[skip:]
        pagination = paginate(len(left), page, log.page_size(size))
        if pagination is None:
            return None
        return Slice(pagination, left[max(pagination["start_index"] - 1, 0) : pagination["end_index"]])

    return fetch


def _may(path: str, token: Token) -> bool:
    if path == EVENTS:
        return token.view_event
    if path == GROUPS:
        return token.view_group
    return path == VERSION or token.view_user


def _page_size(params: Mapping[str, list[str]]) -> int | None:
    text = params.get("page_size", [""])[-1].strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _accepts_json(accept: str | None) -> bool:
    ranges = {part.partition(";")[0].strip().lower() for part in (accept or "*/*").split(",")}
    return bool(ranges & {"*/*", "application/*", "application/json"})
