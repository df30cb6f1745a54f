"""What `--json` writes is what the README lists, key by key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dezky_audit_tui.demo.simulation import Simulation
from tests.cli.conftest import Ended, Machine

Run = Callable[..., Ended]
README = Path(__file__).parents[2] / "README.md"
OPTIONAL = {"otherWorkerAt"}
WHOLE = {"tenantWhy"}
"""Told elsewhere in the README."""

Shape = dict[str, Any]
"""Name: None (a plain value), a name in capitals, an object, or a list of one of these; `...` holds any keys."""


def listed() -> dict[str, Any]:
    """The README's list, by the first word of each entry."""
    block = README.read_text(encoding="utf-8").partition("<!-- json -->")[2].partition("<!-- /json -->")[0]
    entries = re.findall(r"^    (\w+) +(\S.*(?:\n {8,}.*)*)", block, re.MULTILINE)
    return {name: shape_of(re.sub(r"\([^)]*\)", "", text)) for name, text in entries}


def shape_of(text: str) -> Any:
    tokens = iter(re.findall(r"[{}\[\],:]|[A-Za-z]+(?: +[a-z]+)*", text))
    found, _ = read_object(tokens)
    (name, inner), *more = found.items()
    return name if name.isupper() and not more and inner is None else found


def read_object(tokens: Iterator[str]) -> tuple[Shape, str]:
    found: Shape = {}
    name = ""
    for token in tokens:
        match token:
            case "{":
                found[name] = read_object(tokens)[0]
            case "[":
                inner = read_object(tokens)[0]
                found[name] = [next(iter(inner)) if "" not in inner else inner[""]]
            case "}" | "]":
                return found, token
            case ":":
                found = {"...": None}
            case ",":
                name = ""
            case _ if found.keys() == {"..."}:
                pass
            case _ if token.partition(" ")[0].isupper() and name:
                found[name] = token
            case _:
                name, _, reference = token.partition(" ")
                found[name] = reference or None
    return found, ""


def check(value: Any, shape: Any, shapes: dict[str, Any], place: str) -> None:
    if isinstance(shape, list):
        assert isinstance(value, list), place
        for each in value:
            check(each, shape[0], shapes, f"{place}[]")
    elif isinstance(shape, str) and shape in shapes:
        if value is not None:
            check(value, shapes[shape], shapes, place)
    elif isinstance(shape, dict):
        if value is None or "..." in shape:
            return
        assert value.keys() - OPTIONAL == shape.keys() - OPTIONAL, place
        for name, each in value.items():
            check(each, shape[name], shapes, f"{place}.{name}")
    else:
        assert not isinstance(value, dict) or place.rpartition(".")[2] in WHOLE, place


def test_the_list_is_read_as_it_is_meant() -> None:
    shapes = listed()
    assert shapes["tick"] == "TICK"
    assert shapes["status"]["lease"] == {"owner": None, "epoch": None, "expiresAt": None}
    assert shapes["status"]["events"] == {"...": None}
    assert shapes["handover"]["impersonations"]["open"] == ["SESSION"]
    assert shapes["CURSOR"]["holes"][0]["top"] == {"created": None, "pk": None}


def test_every_command_with_json_writes_what_is_listed(
    run: Run, machine: Machine, authentik: Simulation, tmp_path: Path
) -> None:
    machine.set(AUDIT_INGEST_PAGE_SIZE="50")
    asked = [
        ("tick", "--max-pages", "2"),
        ("status",),
        ("tick", "--until-caught-up"),
        *((name,) for name in ("status", "actions", "tenants", "doctor", "quarantine")),
        ("reconcile", "--since", "900d"),
        ("findings",),
        ("handover", "--since", "900d"),
        ("copy", "--to", f"sqlite:///{tmp_path}/other.db"),
    ]
    shapes = listed()
    assert {arguments[0] for arguments in asked} == {name for name in shapes if name.islower()}
    told: dict[str, Any] = {}
    for arguments in asked:
        if arguments[0] == "reconcile":
            changed, gone = authentik.log.pks()[100:102]
            event = authentik.log.get(changed)
            authentik.log.remove([changed, gone])
            authentik.log.add({**(event or {}), "client_ip": "198.51.100.77"})
        ended = run(*arguments, "--json")
        for line in ended.lines:
            told[arguments[0]] = json.loads(line)
            check(told[arguments[0]], shapes[arguments[0]], shapes, arguments[0])
        assert ended.lines, arguments
    assert [len(told["reconcile"][kind]) for kind in ("changed", "gone")] == [1, 1]
    assert len(told["findings"]["items"]) == 2
    assert told["handover"]["memberships"]
    assert told["handover"]["impersonations"]["ended"]


@pytest.mark.parametrize("change", ["more", "fewer"])
def test_a_key_too_many_or_too_few_would_be_noticed(change: str) -> None:
    shapes = listed()
    value = dict.fromkeys(shapes["FINDING"])
    value |= {"changes": [{"field": "a", "stored": 1, "source": 2}]}
    check(value, "FINDING", shapes, "x")
    if change == "more":
        value["changes"][0]["more"] = 1
    else:
        del value["kind"]
    with pytest.raises(AssertionError):
        check(value, "FINDING", shapes, "x")
