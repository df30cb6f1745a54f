"""The log: private, harmless for a terminal, and without secrets."""

from __future__ import annotations

import io
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dezky_audit_tui import logs

MARKER = "MARKER-c0ffee"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    logs.stop_logging()
    logging.getLogger().setLevel(level)


def test_a_secret_is_in_no_record_and_no_traceback(tmp_path: Path) -> None:
    logs.hide([MARKER, f"mongodb://user:{MARKER}@db/x"])
    file = logs.log_to_file(tmp_path / "state" / "audit.log")
    stream = io.StringIO()
    logs.log_to_stderr(stream)
    log = logging.getLogger("dezky_audit_tui.somewhere")
    log.warning("asked with %s at %s", MARKER, f"mongodb://user:{MARKER}@db/x")
    try:
        raise ValueError(f"bad {MARKER}")
    except ValueError:
        log.exception("it broke")
    told = file.read_text() + stream.getvalue()
    assert MARKER not in told
    assert "asked with *** at ***" in told
    assert "ValueError: bad ***" in file.read_text()
    assert "Traceback" not in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 2


def test_no_record_can_pass_for_another(tmp_path: Path) -> None:
    file = logs.log_to_file(tmp_path / "audit.log")
    log = logging.getLogger("dezky_audit_tui.x")
    log.warning("name %s", "ana\n2026-11-24T00:00:00.000Z ERROR forged\x1b[2J\u202e")
    try:
        raise ValueError("one\n2026-11-24T00:00:00.000Z ERROR forged")
    except ValueError:
        log.exception("two")
    lines = file.read_text().splitlines()
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("2026-11-24T00") for line in lines)
    assert "␊" in lines[0]
    assert all(line.startswith("    ") for line in lines[2:])


def test_file_and_folder_are_their_owners_alone_also_after_rotation(tmp_path: Path) -> None:
    file = logs.log_to_file(tmp_path / "state" / "log" / "audit.log")
    log = logging.getLogger("dezky_audit_tui.x")
    for _ in range(30):
        log.warning("%s", "x" * 50_000)
    names = sorted(path.name for path in file.parent.iterdir())
    assert names == ["audit.log", "audit.log.1"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in file.parent.iterdir())
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_what_another_process_began_anew_is_written_to(tmp_path: Path) -> None:
    file = logs.log_to_file(tmp_path / "audit.log")
    log = logging.getLogger("dezky_audit_tui.x")
    log.warning("before")
    file.rename(tmp_path / "audit.log.1")
    log.warning("between")
    log.warning("after")
    assert [line.split()[-1] for line in file.read_text().splitlines()] == ["between", "after"]
    file.unlink()
    log.warning("again")
    assert file.read_text().endswith("again\n")


def test_nothing_is_opened_before_the_first_record(tmp_path: Path) -> None:
    file = logs.log_to_file(tmp_path / "state" / "audit.log")
    assert not file.parent.exists()
    logging.getLogger("dezky_audit_tui").debug("too little to be kept")
    assert not file.parent.exists()


def test_a_link_in_the_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "audit.log").symlink_to(victim)
    logs.log_to_file(tmp_path / "audit.log")
    logging.getLogger("dezky_audit_tui").warning("hello")
    assert victim.read_text() == "mine"


def test_a_log_that_cannot_be_written_disturbs_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    logs.log_to_file(tmp_path / "file" / "audit.log")
    logging.getLogger("dezky_audit_tui").warning("hello")
    assert capsys.readouterr() == ("", "")


def test_notes_of_libraries_are_left_out_and_their_warnings_kept(tmp_path: Path) -> None:
    file = logs.log_to_file(tmp_path / "audit.log")
    logging.getLogger("httpx").info("GET https://auth.example.com")
    logging.getLogger("asyncio").error("a task was lost")
    logging.getLogger("dezky_audit_tui.ingest").info("tick timer")
    assert [line.split(" ", 1)[1] for line in file.read_text().splitlines()] == [
        "ERROR a task was lost",
        "INFO tick timer",
    ]
