"""What may be given for a setting. Here pydantic ends: what is taken goes on as plain `Settings`."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from dezky_audit_tui.settings.addresses import STORE_ALLOWED, URL_ALLOWED, parse_base_url, parse_store_url
from dezky_audit_tui.settings.model import TOKEN_ALLOWED, Settings, parse_token
from dezky_audit_tui.settings.secret import Secret

_DAY_S = 86_400
_DEFAULT = Settings()


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


def _token(value: Any) -> Secret:
    if not isinstance(value, str):
        raise ValueError(TOKEN_ALLOWED)
    return parse_token(value)


def _store(value: Any) -> Secret:
    if not isinstance(value, str):
        raise ValueError(STORE_ALLOWED)
    return Secret(parse_store_url(value.strip()))


def _home(value: Path) -> Path:
    return value.expanduser()


File = Annotated[Path, AfterValidator(_home)]
Store = Annotated[Secret, PlainValidator(_store)]
Token = Annotated[Secret, PlainValidator(_token)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]


class SettingsSchema(BaseSettings):
    """All settings, by the names of the environment in lower case; the defaults are those of `Settings`."""

    model_config = SettingsConfigDict(
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        validate_default=False,  # they are as they shall be
    )

    authentik_allow_http: bool = Field(_DEFAULT.authentik_allow_http, description="true or false")
    authentik_url: str | None = Field(_DEFAULT.authentik_url, description=URL_ALLOWED)
    authentik_token: Token | None = Field(_DEFAULT.authentik_token, description=TOKEN_ALLOWED)
    authentik_token_file: File | None = Field(
        _DEFAULT.authentik_token_file, description="the path of a file that holds an API token"
    )
    authentik_ca_bundle: File | None = Field(
        _DEFAULT.authentik_ca_bundle, description="the path of a PEM file with CA certificates"
    )

    audit_store: Store = Field(default_factory=lambda: Settings().audit_store, description=STORE_ALLOWED)
    audit_copy_to: Store | None = Field(_DEFAULT.audit_copy_to, description=STORE_ALLOWED)

    audit_ingest_enabled: bool = Field(_DEFAULT.audit_ingest_enabled, description="true or false")
    audit_ingest_interval: float = Field(
        _DEFAULT.audit_ingest_interval, ge=0.1, le=_DAY_S, description="seconds from 0.1 to 86400"
    )
    audit_ingest_max_pages: int = Field(
        _DEFAULT.audit_ingest_max_pages, ge=1, le=1000, description="a whole number from 1 to 1000"
    )
    audit_ingest_page_size: int = Field(
        _DEFAULT.audit_ingest_page_size, ge=1, le=100, description="a whole number from 1 to 100"
    )
    audit_ingest_overlap: float = Field(
        _DEFAULT.audit_ingest_overlap, ge=0, le=_DAY_S, description="seconds from 0 to 86400"
    )
    audit_ingest_history_days: Annotated[float | None, BeforeValidator(_days)] = Field(
        _DEFAULT.audit_ingest_history_days, gt=0, le=36_500, description="days, more than 0 and up to 36500, or `all`"
    )

    audit_admin_groups: Words = Field(_DEFAULT.audit_admin_groups, description="group patterns, separated by commas")
    audit_tenants: Words = Field(_DEFAULT.audit_tenants, description="tenant slugs, separated by commas")

    audit_bell: bool = Field(_DEFAULT.audit_bell, description="true or false")
    audit_notify: Annotated[Literal["off", "osc9", "osc777"], BeforeValidator(_word)] = Field(
        _DEFAULT.audit_notify, description="off, osc9 or osc777"
    )
    audit_theme: Annotated[Literal["dark", "light", "ansi"] | None, BeforeValidator(_word)] = Field(
        _DEFAULT.audit_theme, description="dark, light or ansi"
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

    def plain(self) -> Settings:
        """The same, as the program has them."""
        return Settings(**{field.name: getattr(self, field.name) for field in fields(Settings)})


def allowed(field: str) -> str:
    """What may be given for the field."""
    return SettingsSchema.model_fields[field].description or ""
