"""The recorded replies and events of real servers, by version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dezky_audit_tui.demo.log import Generation

ROOT = Path(__file__).parent.parent / "fixtures" / "authentik"
VERSIONS: dict[str, Generation] = {"2025.8.6": "2025.8", "2025.12.4": "2025.12"}

Json = dict[str, Any]


def reply(version: str, name: str) -> Json:
    """One recorded reply: `request`, `status`, `headers`, `body`."""
    data: Json = json.loads((ROOT / "replies" / version / f"{name}.json").read_text())
    return data


def reply_names() -> list[tuple[str, str]]:
    """Every recorded reply, as (version, name)."""
    return sorted((path.parent.name, path.stem) for path in (ROOT / "replies").glob("*/*.json"))


def events(version: str) -> dict[str, list[Json]]:
    """All recorded events by action: those recorded for themselves, and those in replies."""
    found: dict[str, list[Json]] = {}
    for path in sorted((ROOT / "events" / version).glob("*.json")):
        found[path.stem] = json.loads(path.read_text())
    for path in sorted((ROOT / "replies" / version).glob("events_*.json")):
        body = json.loads(path.read_text())["body"]
        for event in body.get("results", ()) if isinstance(body, dict) else ():
            found.setdefault(event["action"], []).append(event)
    return found


def shape(value: Any, path: str = "") -> dict[str, str]:
    """Every path in `value` with the type of what is there; all items of a list count as one path."""
    here = {path: type(value).__name__}
    if isinstance(value, dict):
        for key, inner in value.items():
            here |= shape(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            here |= shape(inner, f"{path}[]")
    return here
