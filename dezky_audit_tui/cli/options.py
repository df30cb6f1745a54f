"""Options that several commands share, and the settings that follow from them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from dezky_audit_tui import logs, paths

if TYPE_CHECKING:
    from dezky_audit_tui.settings import Settings

PROG = "dezky-audit-tui"

F = TypeVar("F", bound=Callable[..., Any])


class Given(NamedTuple):
    """What was given before the command's name, for commands that give it no value of their own."""

    store: str | None = None
    interval: float | None = None
    plain: bool = False


def no_secret(setting: str) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """The check of an option that takes a store's URL; `setting` may hold a password, the option may not."""

    def check(_context: click.Context, _option: click.Parameter, url: str | None) -> str | None:
        from dezky_audit_tui.settings import has_secret

        if url is not None and has_secret(url):
            raise click.BadParameter(
                "it holds a password or an option that can be one, which other users of this machine could see; "
                f"use {setting} in the environment, .env or config.toml."
            )
        return url

    return check


def store_option(function: F) -> F:
    """`--store URL`."""
    return click.option(
        "--store",
        metavar="URL",
        callback=no_secret("AUDIT_STORE"),
        help="The store, instead of AUDIT_STORE: sqlite:///PATH or mongodb://HOST/DB. No password here.",
    )(function)


def interval_option(function: F) -> F:
    """`--interval SECONDS`."""
    return click.option(
        "--interval",
        metavar="SECONDS",
        type=click.FloatRange(min=1, max=86_400),
        help="Seconds between ticks, instead of AUDIT_INGEST_INTERVAL.",
    )(function)


def plain_option(function: F) -> F:
    """`--plain`."""
    return click.option(
        "--plain",
        is_flag=True,
        help="No screen: one line an event on stdout, states as words on stderr; for screen readers and pipes.",
    )(function)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")(function)


def settings_for(context: click.Context, *, store: str | None = None, **overrides: Any) -> Settings:
    """The settings, with what the command line gave; from now on no log shows their secrets.

    Raises SettingsError.
    """
    from dezky_audit_tui.settings.load import load_settings

    return settled(load_settings(given_settings(context, store=store) | overrides))


def given_settings(context: click.Context, *, store: str | None = None) -> dict[str, Any]:
    """What the command line gave, by setting; None where it gave nothing."""
    given = context.find_object(Given) or Given()
    return {"audit_store": given.store if store is None else store, "audit_ingest_interval": given.interval}


def settled(settings: Settings) -> Settings:
    """The same settings, where this program may go on with them: their secrets are hidden, their folder is there."""
    logs.hide(settings.secrets)
    if settings.has_default_store:
        # The store makes no folders in unknown places; this one is ours. Where it fails, the store tells it.
        with contextlib.suppress(OSError):
            paths.private_folder(paths.default_store_file().parent)
    return settings


def source_settings(settings: Settings) -> Settings:
    """The settings with which the source can be asked; a token that is read from a file is hidden too.

    A pipe (`AUTHENTIK_TOKEN_FILE=<(pass show authentik)`) gives its token once, and to this process alone: from now on
    it is a setting of its own. Raises SettingsError with a line for everything that is missing.
    """
    token, file = settings.source_access().token, settings.authentik_token_file
    logs.hide([token.get_secret_value()])
    if file is None or file.is_file():
        return settings
    return replace(settings, authentik_token=token, authentik_token_file=None)
