"""Why no answer came, for an operator: read from the chain of exceptions below a failed request.

Only texts of the operating system and of TLS are told, never those of the HTTP library, which may quote a request.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

from dezky_audit_tui.errors import SourceUnavailable

_CERTIFICATE = (
    "the certificate of {host} is not trusted ({why}): if it is of a private CA, set AUTHENTIK_CA_BUNDLE to a PEM file "
    "with that CA's certificate"
)
_WRONG_NAME = "the certificate of {host} is for another name ({why}): set AUTHENTIK_URL to a name that it holds"
_OPENSSL_HOSTNAME_MISMATCH = 62
_OPENSSL_IP_MISMATCH = 64
_RESETS = (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED)


def unreachable(error: BaseException, host: str) -> SourceUnavailable:
    """What happened on the way to `host` (name and port), and what to look at."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            names = cause.verify_code in (_OPENSSL_HOSTNAME_MISMATCH, _OPENSSL_IP_MISMATCH)
            text = (_WRONG_NAME if names else _CERTIFICATE).format(host=host, why=cause.verify_message)
            return SourceUnavailable(text, kind="certificate")
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            if cause.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
                return _unreachable(f"{host} does not speak TLS: should AUTHENTIK_URL start with http://?")
            return _unreachable(f"no TLS connection with {host} ({cause.reason or 'it broke off'})")
        if isinstance(cause, socket.gaierror):
            return _unreachable(f"the name of {host} cannot be looked up ({cause.strerror}): is AUTHENTIK_URL right?")
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return _unreachable(f"{host} refuses the connection: is Authentik running, and is the port right?")
        if isinstance(cause, OSError) and cause.errno in _RESETS:
            return _unreachable(f"{host} broke the connection off")
        if isinstance(cause, OSError) and cause.errno is not None:
            return _unreachable(f"{host} cannot be reached ({cause.strerror or errno.errorcode.get(cause.errno)})")
    return _unreachable(f"{host} cannot be reached, or broke the connection off")


def _unreachable(message: str) -> SourceUnavailable:
    return SourceUnavailable(message, kind="unreachable")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and all below it, groups included."""
    queue, seen = [error], set[int]()
    while queue:
        current = queue.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            queue += current.exceptions
        queue += [below for below in (current.__cause__, current.__context__) if below is not None]
