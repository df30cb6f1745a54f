"""`--completion SHELL`: the script that makes the shell complete commands and options."""

from __future__ import annotations

from typing import Any, TypeVar

import click
from click.shell_completion import get_completion_class

from dezky_audit_tui.cli.options import PROG

_SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_DEZKY_AUDIT_TUI_COMPLETE"

F = TypeVar("F", bound=Any)


def completion_option(function: F) -> F:
    """Add `--completion` to the group."""
    decorated: F = click.option(
        "--completion",
        type=click.Choice(_SHELLS),
        is_eager=True,
        expose_value=False,
        callback=_print_script,
        help="Print the completion script for a shell, and exit.",
    )(function)
    return decorated


def _print_script(context: click.Context, _option: click.Parameter, shell: str | None) -> None:
    if shell is None or context.resilient_parsing:
        return
    completion = get_completion_class(shell)
    assert completion is not None
    made = completion(context.command, {}, PROG, VARIABLE)
    # click's own `source` would ask the installed bash for its version first, and complain on stderr.
    click.echo(made.source_template % made.source_vars())
    context.exit()
