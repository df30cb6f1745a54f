"""Settings: names, defaults and checks in `model`, where they come from in `load`, URLs in `addresses`."""

from dezky_audit_tui.settings.addresses import has_secret, shown_url, store_secrets
from dezky_audit_tui.settings.load import load_settings
from dezky_audit_tui.settings.model import Settings, SourceAccess

__all__ = ["Settings", "SourceAccess", "has_secret", "load_settings", "shown_url", "store_secrets"]
