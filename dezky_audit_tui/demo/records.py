"""How Authentik writes an event down: the frame that every action has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from dezky_audit_tui.demo.log import Json

MASK = "********************"
"""What Authentik puts in place of a secret."""

SECRET_MARK = "marker-secret-"
"""Every value in the story that must never be kept starts so: mail links, OAuth codes and states."""

ANONYMOUS: Json = {"pk": 1, "email": "", "username": "AnonymousUser", "is_anonymous": True}
SHELL: Json = {"pk": 0, "email": "", "username": "authentik-shell"}
SIGNALS, MIDDLEWARE = "authentik.events.signals", "authentik.events.middleware"

_EXPIRY = timedelta(days=365, microseconds=-2600)
"""The expiry is set a little before the moment of the event itself."""
_WHOLE_SECOND = 1 / 600
"""How often a moment has no fraction: rarely, as on a real server, but often enough to be met."""

_CLEAR = ~(0xF000 << 64 | 0xC000 << 48)
_VERSION_4 = 0x4000 << 64 | 0x8000 << 48


def uuid4_text(rng: Random) -> str:
    """A random UUID, version 4, from `rng`."""
    text = f"{rng.getrandbits(128) & _CLEAR | _VERSION_4:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def hex_id(rng: Random) -> str:
    """An id as it stands inside a context: 32 hexadecimal digits."""
    return f"{rng.getrandbits(128):032x}"


def created_text(at: datetime) -> str:
    """A moment (UTC) as the API writes it."""
    return f"{at.isoformat()[:-6]}Z"


def model(app: str, model_name: str, pk: int | str, name: str) -> Json:
    """A reference to a model, as contexts hold it."""
    return {"pk": pk, "app": app, "name": name, "model_name": model_name}


class Recorder:
    """Makes events, with pks and request ids from `rng`."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._brand = model("authentik_brands", "brand", hex_id(rng), "Default brand")

    def write(
        self,
        at: datetime,
        action: str,
        app: str,
        user: Mapping[str, Any],
        context: Mapping[str, Any],
        ip: str | None = None,
    ) -> Json:
        """One event. Its brand is the fallback where no request was at hand."""
        chance = self.rng.random()
        if chance < _WHOLE_SECOND:
            at = at.replace(microsecond=0)
        brand = self._brand
        if "http_request" not in context:
            brand = model("authentik_brands", "brand", hex_id(self.rng), "Brand fallback")
        return {
            "pk": uuid4_text(self.rng),
            "user": user,
            "action": action,
            "app": app,
            "context": context,
            "client_ip": ip,
            "created": created_text(at),
            "expires": created_text(at + _EXPIRY + timedelta(microseconds=int(2200 * chance))),
            "brand": brand,
        }

    def request(
        self,
        path: str,
        method: str,
        agent: str,
        args: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> Json:
        """What a context's `http_request` holds; `request_id` given for events of one request."""
        return {
            "args": args or {},
            "path": path,
            "method": method,
            "request_id": request_id or hex_id(self.rng),
            "user_agent": agent,
        }
