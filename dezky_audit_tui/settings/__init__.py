"""Settings: what they are in `model`, what may be given for them in `schema`, where they come from in `load`.

`schema` and `load` alone load pydantic, so they are imported only where settings are read. `beside` has that done by
another process; `addresses` knows URLs.
"""

from dezky_audit_tui.settings.addresses import has_secret, shown_url, store_secrets
from dezky_audit_tui.settings.model import Settings, SourceAccess
from dezky_audit_tui.settings.secret import Secret

__all__ = ["Secret", "Settings", "SourceAccess", "has_secret", "shown_url", "store_secrets"]
