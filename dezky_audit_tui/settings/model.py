"""The settings: names, defaults and what is allowed. A `Settings` built in code reads neither environment nor files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from dezky_audit_tui import paths
from dezky_audit_tui.errors import SettingsError
from dezky_audit_tui.model.tenants import DEFAULT_ADMIN_GROUPS
from dezky_audit_tui.settings.addresses import (
    STORE_ALLOWED,
    URL_ALLOWED,
    parse_base_url,
    parse_store_url,
    shown_url,
    sqlite_url,
    store_secrets,
)

TOKEN_ALLOWED = "an API token: printable ASCII characters without a blank"
_DAY_S = 86_400
_TOKEN_LENGTH = 32
"""No shorter token is made by Authentik; few file names are longer."""


def _words(value: Any) -> Any:
    """A comma list, or a TOML array, as a tuple of trimmed words without empty ones."""
    if isinstance(value, str):
        value = value.split(",")
    if isinstance(value, list | tuple) and all(isinstance(word, str) for word in value):
        return tuple(dict.fromkeys(word.strip() for word in value if word.strip()))
    return value


def _word(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _days(value: Any) -> Any:
    return None if isinstance(value, str) and value.strip().lower() == "all" else value


def _token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value().strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError(TOKEN_ALLOWED)
    return SecretStr(token)


def _store(value: SecretStr) -> SecretStr:
    return SecretStr(parse_store_url(value.get_secret_value().strip()))


def _home(value: Path) -> Path:
    return value.expanduser()


File = Annotated[Path, AfterValidator(_home)]
Token = Annotated[SecretStr, AfterValidator(_token)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


@dataclass(frozen=True, slots=True)
class SourceAccess:
    """What a client of Authentik needs. The token is a secret: it has no repr."""

    url: str
    token: SecretStr
    ca_bundle: Path | None


class Settings(BaseSettings):
    """All settings, by the names of the environment in lower case. Frozen; secrets have no repr."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True, str_strip_whitespace=True
    )

    authentik_allow_http: bool = Field(False, description="true or false")
    authentik_url: str | None = Field(None, description=URL_ALLOWED)
    authentik_token: Token | None = Field(None, description=TOKEN_ALLOWED, repr=False)
    authentik_token_file: File | None = Field(None, description="the path of a file that holds an API token")
    authentik_ca_bundle: File | None = Field(None, description="the path of a PEM file with CA certificates")

    audit_store: Annotated[SecretStr, AfterValidator(_store)] = Field(
        default_factory=lambda: SecretStr(sqlite_url(paths.default_store_file())),
        description=STORE_ALLOWED,
        repr=False,
    )
    audit_copy_to: Annotated[SecretStr, AfterValidator(_store)] | None = Field(
        None, description=STORE_ALLOWED, repr=False
    )

    audit_ingest_enabled: bool = Field(True, description="true or false")
    audit_ingest_interval: float = Field(60.0, ge=1, le=_DAY_S, description="seconds from 1 to 86400")
    audit_ingest_max_pages: int = Field(10, ge=1, le=1000, description="a whole number from 1 to 1000")
    audit_ingest_page_size: int = Field(100, ge=1, le=100, description="a whole number from 1 to 100")
    audit_ingest_overlap: float = Field(600.0, ge=0, le=_DAY_S, description="seconds from 0 to 86400")
    audit_ingest_history_days: Annotated[float | None, BeforeValidator(_days)] = Field(
        None, gt=0, le=36_500, description="days, more than 0 and up to 36500, or `all`"
    )

    audit_admin_groups: Words = Field(DEFAULT_ADMIN_GROUPS, description="group patterns, separated by commas")
    audit_tenants: Words = Field((), description="tenant slugs, separated by commas")

    audit_bell: bool = Field(True, description="true or false")
    audit_notify: Annotated[Literal["off", "osc9", "osc777"], BeforeValidator(_word)] = Field(
        "off", description="off, osc9 or osc777"
    )
    audit_theme: Annotated[Literal["dark", "light", "ansi"] | None, BeforeValidator(_word)] = Field(
        None, description="dark, light or ansi"
    )

    @field_validator(
        "audit_ingest_interval",
        "audit_ingest_max_pages",
        "audit_ingest_page_size",
        "audit_ingest_overlap",
        "audit_ingest_history_days",
        mode="before",
    )
    @classmethod
    def _number(cls, value: Any, info: ValidationInfo) -> Any:
        # TOML has true and false, and Python takes them for 1 and 0.
        if isinstance(value, bool):
            raise ValueError(allowed(info.field_name or ""))
        return value

    @field_validator("authentik_url")
    @classmethod
    def _base_url(cls, value: str | None, info: ValidationInfo) -> str | None:
        # Where ALLOW_HTTP itself is wrong, that is the problem to tell.
        return value and parse_base_url(value, allow_http=info.data.get("authentik_allow_http", True))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given in code: `load_settings` reads the other places, and knows which said what."""
        return (init_settings,)

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


def read_token(file: Path) -> SecretStr:
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
        return _token(SecretStr(text))
    except ValueError as error:
        raise SettingsError(f"{name}, which {'is not' if text.strip() else 'is empty:'} {error}") from None


def allowed(field: str) -> str:
    """What may be given for the field."""
    return Settings.model_fields[field].description or ""


def _unreadable(name: str, file: Path, error: OSError) -> str:
    why = error.strerror or type(error).__name__
    return f"{name} is {str(file)!r}, which cannot be read ({why}): a readable file is due"
