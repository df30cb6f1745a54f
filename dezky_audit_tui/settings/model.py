"""The settings: names, defaults and what is allowed. A `Settings` built in code reads neither environment nor files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from dezky_audit_tui import paths
from dezky_audit_tui.errors import SettingsError
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS
from dezky_audit_tui.settings import readers
from dezky_audit_tui.settings.addresses import STORE_ALLOWED, URL_ALLOWED, shown_url, sqlite_url, store_secrets
from dezky_audit_tui.settings.readers import TOKEN_ALLOWED, Reader, Secret

_DAY_S = 86_400
_TOKEN_LENGTH = 32
"""No shorter token is made by Authentik; few file names are longer."""


@dataclass(frozen=True, slots=True)
class SourceAccess:
    """What a client of Authentik needs. The token is a secret: it has no repr."""

    url: str
    token: Secret
    ca_bundle: Path | None


def _rule(allowed: str, read: Reader) -> Mapping[str, Any]:
    """What is `allowed` in words, and how what was written is `read`."""
    return {"allowed": allowed, "read": read}


def _default_store() -> Secret:
    return Secret(sqlite_url(paths.default_store_file()))


@dataclass(frozen=True)
class Settings:
    """All settings, by the names of the environment in lower case. Secrets have no repr."""

    authentik_allow_http: bool = field(default=False, metadata=_rule("true or false", readers.truth))
    authentik_url: str | None = field(default=None, metadata=_rule(URL_ALLOWED, readers.text))
    authentik_token: Secret | None = field(default=None, metadata=_rule(TOKEN_ALLOWED, readers.token), repr=False)
    authentik_token_file: Path | None = field(
        default=None, metadata=_rule("the path of a file that holds an API token", readers.file)
    )
    authentik_ca_bundle: Path | None = field(
        default=None, metadata=_rule("the path of a PEM file with CA certificates", readers.file)
    )

    audit_store: Secret = field(
        default_factory=_default_store, metadata=_rule(STORE_ALLOWED, readers.store), repr=False
    )
    audit_copy_to: Secret | None = field(default=None, metadata=_rule(STORE_ALLOWED, readers.store), repr=False)

    audit_ingest_enabled: bool = field(default=True, metadata=_rule("true or false", readers.truth))
    audit_ingest_interval: float = field(
        default=60.0, metadata=_rule("seconds from 1 to 86400", readers.number(1, _DAY_S))
    )
    audit_ingest_max_pages: int = field(
        default=10, metadata=_rule("a whole number from 1 to 1000", readers.whole(1, 1000))
    )
    audit_ingest_page_size: int = field(
        default=100, metadata=_rule("a whole number from 1 to 100", readers.whole(1, 100))
    )
    audit_ingest_overlap: float = field(
        default=600.0, metadata=_rule("seconds from 0 to 86400", readers.number(0, _DAY_S))
    )
    audit_ingest_history_days: float | None = field(
        default=None, metadata=_rule("days, more than 0 and up to 36500, or `all`", readers.days(36_500))
    )

    audit_admin_groups: tuple[str, ...] = field(
        default=DEFAULT_ADMIN_GROUPS, metadata=_rule("group patterns, separated by commas", readers.words)
    )
    audit_tenants: tuple[str, ...] = field(
        default=(), metadata=_rule("tenant slugs, separated by commas", readers.words)
    )

    audit_bell: bool = field(default=True, metadata=_rule("true or false", readers.truth))
    audit_notify: Literal["off", "osc9", "osc777"] = field(
        default="off", metadata=_rule("off, osc9 or osc777", readers.one_of("off", "osc9", "osc777"))
    )
    audit_theme: Literal["dark", "light", "ansi"] | None = field(
        default=None, metadata=_rule("dark, light or ansi", readers.one_of("dark", "light", "ansi"))
    )

    @property
    def store_url(self) -> str:
        """The store's URL, with its password: for `open_store` alone, never to be shown."""
        return self.audit_store.get_secret_value()

    @property
    def has_default_store(self) -> bool:
        """Whether it is the file in this program's own folder."""
        return self.store_url == sqlite_url(paths.default_store_file())

    @property
    def shown_store(self) -> str:
        """The store's URL without secrets."""
        return shown_url(self.store_url)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never be shown, for the log's filter."""
        token = self.authentik_token.get_secret_value() if self.authentik_token else ""
        copy_to = self.audit_copy_to.get_secret_value() if self.audit_copy_to else ""
        return tuple(filter(None, (token, *store_secrets(self.store_url), *store_secrets(copy_to))))

    def source_problems(self) -> list[str]:
        """Why the source cannot be asked, a line for each reason; none where it can."""
        problems = []
        if not self.authentik_url:
            problems.append(f"AUTHENTIK_URL is not set: {URL_ALLOWED}")
        if self.authentik_token is None and self.authentik_token_file is None:
            problems.append("neither AUTHENTIK_TOKEN nor AUTHENTIK_TOKEN_FILE is set: an API token of Authentik")
        if self.authentik_ca_bundle is not None:
            try:
                self.authentik_ca_bundle.open("rb").close()
            except OSError as error:
                problems.append(_unreadable("AUTHENTIK_CA_BUNDLE", self.authentik_ca_bundle, error))
        return problems

    def source_access(self) -> SourceAccess:
        """What a client needs; reads AUTHENTIK_TOKEN_FILE.

        Raises SettingsError with a line for everything that is missing.
        """
        problems = self.source_problems()
        token = self.authentik_token
        if token is None and self.authentik_token_file is not None:
            try:
                token = read_token(self.authentik_token_file)
            except SettingsError as error:
                problems.append(error.message)
        if problems or not self.authentik_url or token is None:
            raise SettingsError("\n".join(problems))
        return SourceAccess(self.authentik_url, token, self.authentik_ca_bundle)


def read_token(file: Path) -> Secret:
    """The token in `file`, blanks and the line's end around it left out. Raises SettingsError."""
    if len(str(file)) >= _TOKEN_LENGTH and file.name == str(file) and not file.exists():
        raise SettingsError("AUTHENTIK_TOKEN_FILE looks like a token: it takes the path of a file that holds one")
    name = f"AUTHENTIK_TOKEN_FILE is {str(file)!r}"
    try:
        text = file.read_text(encoding="ascii")
    except OSError as error:
        raise SettingsError(_unreadable("AUTHENTIK_TOKEN_FILE", file, error)) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{name}, which holds more than the ASCII characters of a token") from None
    try:
        return readers.token(text)
    except ValueError as error:
        raise SettingsError(f"{name}, which {'is not' if text.strip() else 'is empty:'} {error}") from None


READERS: dict[str, Reader] = {each.name: each.metadata["read"] for each in fields(Settings)}
"""Every setting's name, and how what was written for it is read."""

ALLOWED: dict[str, str] = {each.name: each.metadata["allowed"] for each in fields(Settings)}
"""What may be given for each, in words."""


def _unreadable(name: str, file: Path, error: OSError) -> str:
    why = error.strerror or type(error).__name__
    return f"{name} is {str(file)!r}, which cannot be read ({why}): a readable file is due"
