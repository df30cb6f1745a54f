"""The settings: names, defaults, and what follows from them. `Settings` that are made in code read no other place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dezky_audit_tui import paths
from dezky_audit_tui.errors import SettingsError
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS
from dezky_audit_tui.settings.addresses import URL_ALLOWED, shown_url, sqlite_url, store_secrets
from dezky_audit_tui.settings.secret import Secret

TOKEN_ALLOWED = "an API token: printable ASCII characters without a blank"
_TOKEN_LENGTH = 32
"""No shorter token is made by Authentik; few file names are longer."""


@dataclass(frozen=True, slots=True)
class SourceAccess:
    """What a client of Authentik needs. The token is a secret: it does not show itself."""

    url: str
    token: Secret
    ca_bundle: Path | None


def _default_store() -> Secret:
    return Secret(sqlite_url(paths.default_store_file()))


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, by the names of the environment in lower case; checked where they were read. Secrets do not show
    themselves."""

    authentik_allow_http: bool = False
    authentik_url: str | None = None
    authentik_token: Secret | None = None
    authentik_token_file: Path | None = None
    authentik_ca_bundle: Path | None = None

    audit_store: Secret = field(default_factory=_default_store)
    audit_copy_to: Secret | None = None

    audit_ingest_enabled: bool = True
    audit_ingest_interval: float = 60.0
    audit_ingest_max_pages: int = 10
    audit_ingest_page_size: int = 100
    audit_ingest_overlap: float = 600.0
    audit_ingest_history_days: float | None = None

    audit_admin_groups: tuple[str, ...] = DEFAULT_ADMIN_GROUPS
    audit_tenants: tuple[str, ...] = ()

    audit_bell: bool = True
    audit_notify: Literal["off", "osc9", "osc777"] = "off"
    audit_theme: Literal["dark", "light", "ansi"] | None = None

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


def parse_token(text: str) -> Secret:
    """The token, without blanks and line ends around it. Raises ValueError with what is allowed, not with the token."""
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError(TOKEN_ALLOWED)
    return Secret(token)


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
        return parse_token(text)
    except ValueError as error:
        raise SettingsError(f"{name}, which {'is not' if text.strip() else 'is empty:'} {error}") from None


def _unreadable(name: str, file: Path, error: OSError) -> str:
    why = error.strerror or type(error).__name__
    return f"{name} is {str(file)!r}, which cannot be read ({why}): a readable file is due"
