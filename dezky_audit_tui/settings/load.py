"""Settings from where an operator gives them: command line, environment, `.env`, the TOML file, defaults."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from dezky_audit_tui import paths
from dezky_audit_tui.errors import SettingsError
from dezky_audit_tui.settings.addresses import shown_url
from dezky_audit_tui.settings.model import Settings
from dezky_audit_tui.settings.schema import SettingsSchema, allowed
from dezky_audit_tui.text import visible

_SHOWN_CHARACTERS = 80
_SECRET = frozenset({"authentik_token"})
_ADDRESSES = frozenset({"authentik_url", "audit_store", "audit_copy_to"})


def load_settings(
    overrides: Mapping[str, Any] | None = None,
    *,
    env_file: Path = Path(".env"),
    config_file: Path | None = None,
) -> Settings:
    """The settings, each from the first place that gives it. `overrides`: by field, from the command line.

    An empty value counts as not given. Unknown names in the environment and `.env` are not ours; unknown keys in
    the TOML file are errors. Raises SettingsError with one line for each problem; none holds a secret.
    """
    file = config_file or paths.config_file()
    layers: list[tuple[str, Mapping[str, Any]]] = [
        ("the command line", {name: value for name, value in (overrides or {}).items() if value is not None}),
        ("the environment", EnvSettingsSource(SettingsSchema)()),
        (str(env_file), _read_env_file(env_file)),
        (str(file), _read_toml(file)),
    ]
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for place, values in layers:
        for name, value in values.items():
            if name not in merged:
                merged[name], origin[name] = value, place

    problems = []
    if "authentik_token" in merged and "authentik_token_file" in merged:
        problems.append(
            f"AUTHENTIK_TOKEN (in {visible(origin['authentik_token'])}) and AUTHENTIK_TOKEN_FILE "
            f"(in {visible(origin['authentik_token_file'])}) are both set: only one of them is allowed"
        )
    try:
        settings = SettingsSchema(**merged).plain()
    except ValidationError as error:
        wrong = dict.fromkeys(str(detail["loc"][0]) for detail in error.errors(include_input=False))
        reasons = {str(detail["loc"][0]): _reason(detail) for detail in error.errors(include_input=False)}
        problems += [_problem(name, merged.get(name), origin.get(name), reasons[name]) for name in wrong]
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _problem(name: str, value: Any, place: str | None, reason: str | None) -> str:
    where = f" (in {visible(place)})" if place else ""
    what = "has a value that is not allowed" if name in _SECRET else f"is {_shown_value(name, value)}"
    return f"{name.upper()} {what}{where}: allowed is {reason or allowed(name)}"


def _reason(detail: Mapping[str, Any]) -> str | None:
    """What our own check said; pydantic's words are for programmers."""
    if detail["type"] != "value_error":
        return None
    return str(detail["ctx"]["error"])


def _shown_value(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    if name in _ADDRESSES:
        text = shown_url(text)
    return _shown(repr(text) if isinstance(value, str) else text)


def _shown(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= _SHOWN_CHARACTERS else shown[: _SHOWN_CHARACTERS - 1] + "…"


def _read_env_file(file: Path) -> Mapping[str, Any]:
    try:
        # A file that is there and cannot be read is told, not skipped: it would change which server is asked.
        _check_env_file(file, file.read_text(encoding="utf-8-sig"))
        return DotEnvSettingsSource(SettingsSchema, env_file=file, env_file_encoding="utf-8-sig")()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError(f"{visible(str(file))} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{visible(str(file))} is not a text in UTF-8") from None


def _check_env_file(file: Path, text: str) -> None:
    """A line that is none may be a setting with a slip, and a quote without its end hides those below it: told, not
    skipped, and by its number alone, since it may hold a secret. Raises SettingsError."""
    wrong = []
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            lead = binding.original.string[: -len(binding.original.string.lstrip())]
            wrong.append(binding.original.line + lead.count("\n"))
    if wrong:
        lines = f"line{'s' if len(wrong) > 1 else ''} {', '.join(map(str, wrong))}"
        raise SettingsError(
            f"{visible(str(file))}, {lines}: allowed is NAME=value, with a quote at both ends of the value or at none, "
            "or a comment after #"
        )


def _read_toml(file: Path) -> Mapping[str, Any]:
    shown = visible(str(file))
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError(f"{shown} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{shown} is not a text in UTF-8") from None
    except RecursionError:
        raise SettingsError(f"{shown} is not TOML: it is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{shown} is not TOML: {_shown(str(error))}") from None
    unknown = [name for name in values if name not in SettingsSchema.model_fields]
    if unknown:
        raise SettingsError("\n".join(f"{shown} has an unknown key {_nearest(name)}" for name in unknown))
    return {name: value for name, value in values.items() if value != ""}


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), SettingsSchema.model_fields, n=1, cutoff=0.0)
    return f"{_shown(repr(name))}; the nearest valid key is {near[0]}" if near else _shown(repr(name))
