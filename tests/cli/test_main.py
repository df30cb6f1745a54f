"""The group: help, version, completion, and how every ending is told."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dezky_audit_tui import __version__
from tests.cli.conftest import TOKEN, Ended, Machine, event

Run = Callable[..., Ended]
COMMANDS = ("demo", "tick", "ingest", "timeline", "status", "actions", "tenants", "handover", "doctor", "simulate")


class TestHelp:
    def test_the_version_is_told_on_stdout(self, run: Run) -> None:
        ended = run("--version")
        assert (ended.code, ended.out.strip(), ended.err) == (0, f"dezky-audit-tui, version {__version__}", "")

    @pytest.mark.parametrize("option", ["-h", "--help"])
    def test_help_lists_every_command_with_examples_and_exit_codes(self, run: Run, option: str) -> None:
        ended = run(option)
        assert ended.code == 0
        for name in COMMANDS:
            assert f"\n  {name} " in ended.out
        assert "Examples:" in ended.out
        assert "130 interrupted" in ended.out
        assert "--completion bash" in ended.out

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_has_help_with_examples(self, run: Run, name: str) -> None:
        for option in ("-h", "--help"):
            ended = run(name, option)
            assert ended.code == 0
            assert ended.out.startswith(f"Usage: dezky-audit-tui {name}")
            assert f"  dezky-audit-tui {name}" in ended.out.partition("Examples:")[2]

    def test_help_is_no_wider_than_a_terminal(self, run: Run, machine: Machine) -> None:
        machine.set(COLUMNS="80")
        for name in COMMANDS:
            prose = [line for line in run(name, "-h").lines if "curl" not in line]
            assert max(map(len, prose)) <= 100


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_a_script_for_each_shell_is_printed(self, run: Run, shell: str) -> None:
        ended = run("--completion", shell)
        assert ended.code == 0
        assert "_DEZKY_AUDIT_TUI_COMPLETE" in ended.out
        assert ended.err == ""

    def test_the_script_of_bash_is_one(self, run: Run) -> None:
        script = run("--completion", "bash").out
        assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0

    def test_commands_and_options_are_completed(self, machine: Machine) -> None:
        machine.set(_DEZKY_AUDIT_TUI_COMPLETE="bash_complete", COMP_WORDS="dezky-audit-tui t", COMP_CWORD="1")
        assert machine.run().lines == ["plain,tick", "plain,timeline", "plain,tenants"]
        machine.set(COMP_WORDS="dezky-audit-tui timeline --fo", COMP_CWORD="2")
        assert machine.run().lines == ["plain,--format", "plain,--follow"]

    def test_another_shell_is_wrong_use(self, run: Run) -> None:
        assert run("--completion", "csh").code == 2


class TestWrongUse:
    def test_an_unknown_command_names_the_nearest(self, run: Run) -> None:
        ended = run("timelin")
        assert (ended.code, ended.out) == (2, "")
        assert "Did you mean 'timeline'?" in ended.err

    def test_an_unknown_option_is_told(self, run: Run) -> None:
        assert run("status", "--yaml").code == 2

    def test_a_password_on_the_command_line_is_refused_and_not_repeated(self, run: Run) -> None:
        for place in (("--store", f"mongodb://user:{TOKEN}@db/audit", "status"), ("status", "--store", f"u:{TOKEN}@h")):
            ended = run(*place)
            assert ended.code == 2
            assert "AUDIT_STORE" in ended.err
            assert TOKEN not in ended.err

    def test_wrong_settings_are_told_a_line_each_and_nothing_is_made(self, run: Run, machine: Machine) -> None:
        machine.set(AUDIT_INGEST_INTERVAL="soon", AUDIT_INGEST_OVERLAP="-5")
        ended = run("status")
        assert (ended.code, ended.out) == (2, "")
        first, second = ended.err.splitlines()
        assert first.startswith("dezky-audit-tui: AUDIT_INGEST_INTERVAL is 'soon'")
        assert second.startswith("dezky-audit-tui: AUDIT_INGEST_OVERLAP is '-5'")
        assert not machine.store_file.exists()

    def test_an_empty_store_on_the_command_line_is_told(self, run: Run) -> None:
        ended = run("status", "--store", "")
        assert ended.code == 2
        assert "AUDIT_STORE is '' (in the command line)" in ended.err


class TestDashboard:
    def test_without_a_terminal_it_gives_a_hint(self, run: Run) -> None:
        ended = run()
        assert (ended.code, ended.out) == (2, "")
        assert len(ended.err.splitlines()) == 1
        assert "needs a terminal" in ended.err
        assert "timeline" in ended.err

    def test_where_nothing_can_be_typed_it_gives_the_same_hint(self, machine: Machine) -> None:
        command = f"{sys.executable} -m dezky_audit_tui <&-"
        done = subprocess.run(["sh", "-c", command], env=machine.environment, capture_output=True, timeout=60)
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"needs a terminal" in done.stderr

    def test_in_a_terminal_without_settings_it_names_them_and_the_demo(self, machine: Machine) -> None:
        leader, follower = pty.openpty()
        try:
            ended = machine.run(stdin=follower, stdout=follower, stderr=follower)
            told = os.read(leader, 65536).decode()
        finally:
            os.close(follower)
            os.close(leader)
        assert ended.code == 2
        assert "AUTHENTIK_URL is not set" in told
        assert "dezky-audit-tui demo" in told
        assert not machine.store_file.exists()


class TestEndings:
    def test_a_closed_pipe_is_a_quiet_end(self, machine: Machine) -> None:
        machine.fill([event(number) for number in range(3000)])
        process = machine.spawn("timeline", "--limit", "all", "--format", "jsonl")
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        process.stderr.close()
        assert process.wait(timeout=120) == 0

    def test_help_that_nobody_reads_is_a_quiet_end_too(self, machine: Machine) -> None:
        read, write = os.pipe()
        os.close(read)
        try:
            ended = machine.run("--help", stdout=write)
        finally:
            os.close(write)
        assert (ended.code, ended.err) == (0, "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
    def test_an_output_that_takes_no_more_is_one_line(self, machine: Machine) -> None:
        machine.fill([event(1)])
        with open("/dev/full", "w") as full:
            ended = machine.run("timeline", stdout=full)
        assert ended.code == 1
        assert ended.err == "dezky-audit-tui: the output cannot be written: No space left on device\n"

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
    def test_a_report_that_cannot_be_written_is_told_once(self, machine: Machine) -> None:
        machine.set(AUDIT_INGEST_ENABLED="false")
        with open("/dev/full", "w") as full:
            ended = machine.run("tick", "--json", stdout=full)
        assert (ended.code, ended.err.count("\n")) == (1, 1)

    @pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    def test_streams_that_are_closed_lead_nowhere(self, machine: Machine, closed: str) -> None:
        machine.fill([event(1)])
        command = f"{sys.executable} -m dezky_audit_tui timeline {closed}"
        done = subprocess.run(
            ["sh", "-c", command], env=machine.environment, cwd=machine.here, capture_output=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert bool(done.stdout) is (">&-" not in closed.replace("2>&-", ""))
        assert machine.run("timeline", "--format", "jsonl").out.count("\n") == 1

    @pytest.mark.parametrize(("name", "code"), [("SIGTERM", 0), ("SIGHUP", 0), ("SIGINT", 130)])
    def test_a_signal_while_the_command_is_loaded_ends_it_as_one_later_does(self, name: str, code: int) -> None:
        loading = (
            "import os, signal, sys, time\n"
            "class Loading:\n"
            "    def find_spec(self, module, *_):\n"
            "        if module == 'dezky_audit_tui.cli.main':\n"
            f"            os.kill(os.getpid(), signal.{name})\n"
            "            time.sleep(30)\n"
            "sys.meta_path.insert(0, Loading())\n"
            "from dezky_audit_tui.__main__ import main\n"
            "main()\n"
        )
        done = subprocess.run([sys.executable, "-c", loading], capture_output=True, timeout=25)
        assert (done.returncode, done.stderr) == (code, b"")

    @pytest.mark.parametrize(("name", "code"), [("SIGTERM", 0), ("SIGHUP", 0), ("SIGINT", 130)])
    @pytest.mark.parametrize("by_exec", [True, False])
    def test_a_signal_while_a_class_is_made_ends_it_so_too(
        self, machine: Machine, name: str, code: int, by_exec: bool
    ) -> None:
        # As a module: Python ends a script with the code that it was told, whatever came before.
        (machine.here / "making.py").write_text(f"""if True:
            import os, signal
            from dezky_audit_tui import __main__
            from dezky_audit_tui.settings import load
            class Field:
                def __set_name__(self, owner, name):
                    os.kill(os.getpid(), signal.{name})
            def make(*_):
                if {by_exec}:
                    exec("os.kill(os.getpid(), signal.{name})")
                class Made:
                    field = Field()
            load.load_settings = make
            __main__.main()
        """)
        done = subprocess.run(
            [sys.executable, "-m", "making", "status"],
            env=machine.environment,
            cwd=machine.here,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout, done.stderr.strip()) == (code, "", "")

    def test_a_store_that_cannot_be_opened_is_one_line(self, run: Run, machine: Machine) -> None:
        ended = run("status", "--store", "sqlite:////proc/none/audit.db")
        assert (ended.code, ended.out) == (1, "")
        assert len(ended.err.splitlines()) == 1

    def test_an_error_of_its_own_is_one_line_and_its_traceback_is_logged_without_secrets(
        self, run: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError(f"the token is {TOKEN}\x1b[31m")

        monkeypatch.setattr("dezky_audit_tui.cli.status._lines", broken)
        machine.set(AUTHENTIK_TOKEN=TOKEN)
        ended = run("status")
        assert (ended.code, ended.out) == (1, "")
        assert ended.err == f"dezky-audit-tui: unexpected RuntimeError: its traceback is in {machine.log}\n"
        logged = machine.log.read_text()
        assert "Traceback (most recent call last)" in logged
        assert "the token is ***␛[31m" in logged
        assert TOKEN not in logged
        assert stat.S_IMODE(machine.log.stat().st_mode) == 0o600
        assert stat.S_IMODE(machine.log.parent.stat().st_mode) == 0o700

    def test_python_m_and_the_console_script_are_the_same_program(self, machine: Machine) -> None:
        import sys

        script = Path(sys.executable).parent / "dezky-audit-tui"
        told = subprocess.run(
            [script, "--version"], env=machine.environment, capture_output=True, text=True, check=True
        )
        assert told.stdout == machine.run("--version").out
