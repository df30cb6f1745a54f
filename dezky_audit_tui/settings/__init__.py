"""Settings: names and defaults in `model`, where they come from in `load`, checks in `readers` and `addresses`."""

from dezky_audit_tui.settings.addresses import has_secret, shown_url, store_secrets
from dezky_audit_tui.settings.load import load_settings
from dezky_audit_tui.settings.model import Settings, SourceAccess
from dezky_audit_tui.settings.readers import Secret

__all__ = ["Secret", "Settings", "SourceAccess", "has_secret", "load_settings", "shown_url", "store_secrets"]
