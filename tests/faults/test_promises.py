"""The README promises what the suite proves, in the words that the program uses; and its unit is a hardened one."""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.promises import END, PROMISES, README, START, tables

TESTS = Path(__file__).parents[1]


def test_the_readme_says_what_the_suite_asserts() -> None:
    told = README.read_text(encoding="utf-8").partition(START)[2].partition(END)[0].strip()
    assert told == tables(), "python -m tests.faults.promises writes it anew"


@pytest.mark.parametrize("name", [name for promise in PROMISES for name in promise.tests])
def test_every_promise_names_tests_that_there_are(name: str) -> None:
    file, _, function = name.partition("::")
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert function in names


def unit() -> str:
    """The systemd unit in the README."""
    text = README.read_text(encoding="utf-8").partition("    [Unit]\n")[2].partition("\n\nOperators")[0]
    return "[Unit]\n" + "\n".join(line.removeprefix("    ") for line in text.splitlines())


def test_the_unit_gives_its_secret_as_a_credential_and_takes_every_right_away() -> None:
    lines = unit().splitlines()
    for wanted in (
        "LoadCredential=token:/etc/dezky-audit/token",
        "Environment=AUTHENTIK_TOKEN_FILE=%d/token",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "UMask=0077",
    ):
        assert wanted in lines
    assert not any("AUTHENTIK_TOKEN=" in line for line in lines)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_itself_finds_the_unit_little_exposed(tmp_path: Path) -> None:
    file = tmp_path / "dezky-audit.service"
    file.write_text(unit() + "\n", encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-400:] + done.stderr
    assert "Overall exposure level" in done.stdout
