"""The control path of the simulated server: make things happen in it over HTTP, for operators and end-to-end tests.

POST   /sim/events {"username": "..."}   a login now (of anybody without a name), as `{"pk": ..., "created": ...}`
POST   /sim/events {"event": {...}}      this very event
DELETE /sim/events {"pks": [...]}        these events vanish
DELETE /sim/users/PK                     a user is deleted, and that user's events vanish
GET    /sim/faults                       what is on; POST switches one on (see `FaultKind`), DELETE all off
GET    /sim/requests                     how often each part of the API was asked
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from dezky_audit_tui.demo.directory import Directory
from dezky_audit_tui.demo.faults import Faults, fault_arguments
from dezky_audit_tui.demo.log import EventLog, Json
from dezky_audit_tui.demo.messages import Reply, Request, json_reply
from dezky_audit_tui.demo.request_log import RequestLog

PREFIX = "/sim/"


class Controlled(Protocol):
    """What the control path reaches."""

    log: EventLog
    directory: Directory
    faults: Faults
    requests: RequestLog
    token: str
    make_login: Callable[[str | None], Json] | None


class Control:
    """Answers requests below `/sim/`. Every one wants the good token."""

    def __init__(self, server: Controlled) -> None:
        self._server = server

    def answer(self, request: Request) -> Reply:
        """The reply; 400 with the reason where the body makes no sense."""
        if request.headers.get("authorization") != f"Bearer {self._server.token}":
            return json_reply(403, {"detail": "the control path wants the token too"})
        try:
            data = json.loads(request.body or b"{}")
            if not isinstance(data, dict):
                raise ValueError("the body is no JSON object")
            return self._dispatch(request.method, request.path.removeprefix(PREFIX).strip("/"), data)
        except (ValueError, KeyError, TypeError) as error:
            return json_reply(400, {"detail": str(error)})

    def _dispatch(self, method: str, path: str, data: dict[str, Any]) -> Reply:
        server = self._server
        if path == "events" and method == "POST":
            return self._add(data)
        if path == "events" and method == "DELETE":
            return json_reply(200, {"deleted": server.log.remove(map(str, data["pks"]))})
        if path.startswith("users/") and method == "DELETE":
            pk = int(path.removeprefix("users/"))
            known = server.directory.delete_user(pk)
            return json_reply(200 if known else 404, {"deleted": server.log.remove_user(pk)})
        if path == "faults":
            if method == "POST":
                server.faults.set(**fault_arguments(data))
            elif method == "DELETE":
                server.faults.clear()
            return json_reply(200, {"faults": [asdict(fault) for fault in server.faults.pending()]})
        if path == "requests":
            counts = Counter(seen.where for seen in server.requests.all())
            return json_reply(200, {"requests": server.requests.count(), **counts})
        return json_reply(404, {"detail": f"no {method} {PREFIX}{path}"})

    def _add(self, data: dict[str, Any]) -> Reply:
        if isinstance(event := data.get("event"), dict):
            if not isinstance(event.get("pk"), str):
                raise ValueError("an event needs its pk")
            self._server.log.add(event)
        elif self._server.make_login is not None:
            username = data.get("username")
            event = self._server.make_login(None if username is None else str(username))
        else:
            raise ValueError("no story plays here: send an event")
        return json_reply(201, {"pk": event.get("pk"), "created": event.get("created")})
