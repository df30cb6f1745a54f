"""The README keeps up with the program."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

from dezky_audit_tui.cli.main import cli
from dezky_audit_tui.model.query_parse import FIELDS
from dezky_audit_tui.model.query_values import FLAGS
from dezky_audit_tui.ops.export import CSV_COLUMNS
from dezky_audit_tui.settings import Settings

_FILE = Path(__file__).parent.parent / "README.md"
README = _FILE.read_text(encoding="utf-8") if _FILE.exists() else ""


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_setting_is_in_its_table_with_its_default() -> None:
    named = set(re.findall(r"`((?:AUTHENTIK|AUDIT)_[A-Z_]+)`", section("Settings")))
    assert named == {field.name.upper() for field in fields(Settings)}
    for name in ("audit_ingest_interval", "audit_ingest_max_pages", "audit_ingest_page_size", "audit_ingest_overlap"):
        default = getattr(Settings(), name)
        assert f"| `{name.upper()}` | `{default:g}` |" in section("Settings")


def test_every_command_is_in_its_table() -> None:
    table = section("Commands")
    for name in cli.commands_at:
        assert f"\n| `{name}" in table


def test_every_option_is_told_beside_its_command_and_no_other() -> None:
    rows = {row[1]: row[0] for row in re.findall(r"\n(\| `(\w+)[^|]*(?:\\\|[^|]*)*\|.*)", section("Commands"))}
    context = click.Context(cli)
    for name in cli.commands_at:
        command = cli.get_command(context, name)
        assert command is not None
        options = {option for each in command.params for option in each.opts if option.startswith("--")} - {"--help"}
        told = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", rows[name]))
        assert options - {"--store"} <= told, name
        assert told <= options, name
    for each in cli.params:
        assert each.opts[0] in {"--version"} or each.opts[0] in section("Commands")


def test_the_filter_language_is_told_whole() -> None:
    told = section("The filter language")
    for field in FIELDS:
        assert f"`{field}:" in told
    for flag in FLAGS:
        assert f"`is:{flag}`" in told


def test_the_columns_of_csv_are_told_in_their_order() -> None:
    assert ", ".join(CSV_COLUMNS) in " ".join(README.split())


@pytest.mark.parametrize(
    "command",
    [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/dezky-audit-tui demo",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest",
    ],
)
def test_the_two_commands_are_there(command: str) -> None:
    assert f"    {command}\n" in README


def test_every_picture_exists() -> None:
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (_FILE.parent / name).is_file()
