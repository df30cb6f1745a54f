"""The command line: which command runs, and how each ending is told: one line on stderr and an exit code."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import os
import sys
from collections.abc import Sequence

import click

from dezky_audit_tui import __version__, logs
from dezky_audit_tui.cli.completion import VARIABLE, completion_option
from dezky_audit_tui.cli.errors import CutShort, OutputFailed, ReaderGone
from dezky_audit_tui.cli.lazy import Lazy, LazyGroup
from dezky_audit_tui.cli.options import PROG, Given, interval_option, plain_option, store_option
from dezky_audit_tui.errors import AuditError, Exit
from dezky_audit_tui.text import visible

_COMMANDS = {
    name: Lazy(f"dezky_audit_tui.cli.{name}:command", summary)
    for name, summary in {
        "demo": "Everything with nothing to set up: a simulated Authentik, a temporary store, the dashboard.",
        "tick": "Pull once and print the report.",
        "ingest": "Pull again and again, as a service, without a screen.",
        "timeline": "Print events, newest first.",
        "status": "How far the pull has come, how many events there are, who ingests.",
        "actions": "The action map, and how often each action was seen.",
        "tenants": "How tenants were found, and which groups name none.",
        "reconcile": "Read a stretch of the source again: store what was missing, note what changed or is gone.",
        "findings": "What was missing, changed or gone when the source was read again.",
        "quarantine": "What was set aside since it could not be made an event, and why.",
        "handover": "What happened on a shift, for the next one.",
        "copy": "Bring rows, cursor and holes into another store.",
        "doctor": "Check settings, source, store and clock, and say what to do.",
        "simulate": "Run the simulated Authentik alone.",
    }.items()
}

_EPILOG = """\b
Examples:
  dezky-audit-tui demo
  AUTHENTIK_URL=https://auth.example.com AUTHENTIK_TOKEN_FILE=~/.token dezky-audit-tui
  dezky-audit-tui --plain | grep impersonation
  dezky-audit-tui timeline 'verb:login*' since:2h --format csv > logins.csv

Settings come from options, the environment, .env in the current folder and config.toml; the README lists them.

\b
Completion, for bash (zsh and fish likewise):
  source <(dezky-audit-tui --completion bash)

Exit codes: 0 done, 1 the source, the store or a check failed, 2 wrong use or settings, 130 interrupted.
"""


@click.group(
    PROG,
    cls=LazyGroup,
    commands_at=_COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(__version__, prog_name=PROG)
@completion_option
@store_option
@interval_option
@plain_option
@click.pass_context
def cli(context: click.Context, store: str | None, interval: float | None, plain: bool) -> int | None:
    """A live audit timeline for the terminal, with its own ingester for Authentik.

    Without a command: the dashboard, with the ingester in it.
    """
    if plain or context.invoked_subcommand is not None:
        gc.enable()  # it is loaded, while the dashboard has more to load
    context.obj = Given(store=store, interval=interval, plain=plain)
    if context.invoked_subcommand is not None:
        if plain and context.invoked_subcommand != "demo":
            raise click.UsageError("--plain goes with the dashboard and with demo", context)
        return None
    if plain:
        from dezky_audit_tui.cli.plain import show_plain

        return show_plain(context)
    from dezky_audit_tui.cli.dashboard import show_dashboard

    return show_dashboard(context)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    _open_closed_streams()
    _settle_encoding()
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except (BrokenPipeError, ReaderGone):
        # The interpreter must not try to flush it again at its end.
        _drop_stdout()
        return Exit.DONE
    except OSError as error:
        _drop_stdout()
        _tell(f"the output cannot be written: {error.strerror or type(error).__name__}")
        return Exit.FAILED
    finally:
        logs.stop_logging()


def _run(arguments: Sequence[str] | None) -> int:
    try:
        result = cli.main(args=None if arguments is None else list(arguments), prog_name=PROG, standalone_mode=False)
        return result if isinstance(result, int) else Exit.DONE
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        _show(error)
        return Exit.WRONG_USE
    except click.ClickException as error:
        _tell(error.format_message())
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, CutShort):
        return Exit.INTERRUPTED
    except AuditError as error:
        if isinstance(error, OutputFailed):
            _drop_stdout()  # what is left in its buffer would fail once more, and be told once more
        _tell(error.message)
        return error.exit_code
    except SystemExit:
        if VARIABLE in os.environ:
            raise  # completion has answered
        raise ReaderGone from None  # the other reason why click exits by itself: nobody reads its help
    except ReaderGone:
        raise
    except Exception as error:
        # A signal that came while a class was made: Python 3.11 wraps what a handler raised then.
        if isinstance(error.__cause__, KeyboardInterrupt):
            return Exit.INTERRUPTED
        if isinstance(error.__cause__, SystemExit):
            return Exit.DONE
        file = logs.log_to_file()
        logging.getLogger(__name__).exception("unexpected error")
        where = f"its traceback is in {file}" if file.exists() else f"its traceback could not be written to {file}"
        _tell(f"unexpected {type(error).__name__}: {where}")
        return Exit.FAILED


def _tell(message: str) -> None:
    """Each line of the message on stderr, after the program's name."""
    with contextlib.suppress(OSError):
        for line in message.splitlines() or [""]:
            sys.stderr.write(f"{PROG}: {visible(logs.redact(line))}\n")
        sys.stderr.flush()


def _open_closed_streams() -> None:
    """A stream that was closed (`>&-`) leads nowhere; else the next file that is opened, the store's, would be it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the program
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _settle_encoding() -> None:
    """Data is UTF-8 whatever the locale; a terminal gets what it can show, and a `?` for the rest."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        if sys.stdout.isatty():
            sys.stdout.reconfigure(errors="replace")
        else:
            sys.stdout.reconfigure(encoding="utf-8")
    # The dashboard is drawn on stderr: six characters in the place of one that is not known would move all that follow.
    if isinstance(sys.stderr, io.TextIOWrapper) and sys.stderr.isatty():
        sys.stderr.reconfigure(errors="replace")


def _show(error: click.UsageError) -> None:
    """Usage and error as click tells them, with what was typed made harmless."""
    told = io.StringIO()
    error.show(told)
    with contextlib.suppress(OSError):
        for line in told.getvalue().split("\n")[:-1]:
            sys.stderr.write(visible(logs.redact(line)) + "\n")
        sys.stderr.flush()


def _drop_stdout() -> None:
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
