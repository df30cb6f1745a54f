"""Which certificates are trusted: the system's, or those of AUTHENTIK_CA_BUNDLE. Verification is never off."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from dezky_audit_tui.errors import SettingsError

_MARK = b"-----BEGIN CERTIFICATE-----"
_LARGEST = 16 * 1024 * 1024


def check_bundle(bundle: Path) -> None:
    """Whether `bundle` is a readable PEM file. Raises SettingsError naming the setting."""
    try:
        with bundle.open("rb") as file:
            found = _MARK in file.read(_LARGEST)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SettingsError(f"AUTHENTIK_CA_BUNDLE: {bundle} cannot be read ({why})") from None
    if not found:
        raise SettingsError(
            f"AUTHENTIK_CA_BUNDLE: {bundle} holds no certificate; a PEM file with CA certificates is due"
        )


def trust(bundle: Path | None) -> ssl.SSLContext | None:
    """The context for connections; None where the system has no certificates of its own to trust."""
    if bundle is None:
        return ssl.create_default_context() if _system_has_certificates() else None
    check_bundle(bundle)
    try:
        return ssl.create_default_context(cafile=str(bundle))
    except (ssl.SSLError, OSError) as error:
        why = getattr(error, "reason", None) or type(error).__name__
        raise SettingsError(f"AUTHENTIK_CA_BUNDLE: {bundle} is no PEM file with CA certificates ({why})") from None


def trust_nobody() -> ssl.SSLContext:
    """The context of a client of plain HTTP, which never asks for it: it loads no certificates, which takes time."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _system_has_certificates() -> bool:
    places = ssl.get_default_verify_paths()
    if places.cafile:
        return True
    try:
        return places.capath is not None and any(os.scandir(places.capath))
    except OSError:
        return False
