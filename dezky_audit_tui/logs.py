"""The log: a private, rotating file in the state folder, and for a service lines on stderr.

Every record is made harmless for a terminal and rid of secrets before it is written anywhere.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from dezky_audit_tui import paths
from dezky_audit_tui.text import visible

_BYTES_A_FILE = 1_000_000
_OLD_FILES = 3
_SHORTEST_PART = 4
"""A secret shorter than this, standing alone, is not worth cutting every log line to pieces."""

_package = logging.getLogger("dezky_audit_tui")
_secrets: set[str] = set()


def hide(secrets: Iterable[str]) -> None:
    """From now on none of these is written to any log."""
    _secrets.update(secret for secret in secrets if len(secret) >= _SHORTEST_PART)


def redact(text: str) -> str:
    """`text` with every hidden secret as `***`, the longest first, since one may hold another."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def holds_no_secret(text: str) -> bool:
    """Whether nothing in `text` is hidden from logs."""
    return redact(text) == text


def log_to_file(file: Path | None = None) -> Path:
    """Send warnings of all, and notes of this program, to the file; returns it.

    Nothing is opened before the first record. Where the file cannot be written, its records are lost without
    a word: the screen or stderr has told the operator what matters.
    """
    target = file or paths.log_file()
    if any(isinstance(handler, _PrivateFile) for handler in logging.getLogger().handlers):
        return target
    handler = _PrivateFile(target)
    handler.setFormatter(LineFormatter(with_traceback=True))
    _add(handler)
    return target


def log_to_stderr(stream: TextIO | None = None) -> None:
    """Send the same records to stderr as well, each on one line: time, level, message."""
    handler = _Lines(stream or sys.stderr)
    handler.setFormatter(LineFormatter(with_traceback=False))
    _add(handler)


def stop_logging() -> None:
    """Close what this module opened, and forget the secrets."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one.formatter, LineFormatter)]:
        root.removeHandler(handler)
        handler.close()
    _secrets.clear()


class LineFormatter(logging.Formatter):
    """`2026-11-24T08:15:42.771Z WARNING message`; a traceback stands below, indented, so that no line of it can
    pass for a record of its own."""

    def __init__(self, *, with_traceback: bool) -> None:
        super().__init__()
        self._with_traceback = with_traceback

    def format(self, record: logging.LogRecord) -> str:
        """The record as text without a line end."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines = [f"{at} {record.levelname} {visible(redact(record.getMessage()))}"]
        if record.exc_info and record.exc_info[0] is not None:
            if self._with_traceback:
                lines += [f"    {visible(line)}" for line in redact(self.formatException(record.exc_info)).splitlines()]
            else:
                lines[0] += f" ({record.exc_info[0].__name__})"
        return "\n".join(lines)


class _Lines(logging.StreamHandler[TextIO]):
    """Lines on a stream; a reader that went away does not end the service."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Nobody is left to be told."""


class _PrivateFile(RotatingFileHandler):
    """A rotating file for its owner alone, which several processes may write to."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, maxBytes=_BYTES_A_FILE, backupCount=_OLD_FILES, encoding="utf-8", delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        """Write it to the file of that name, which another process may have begun anew."""
        if self.stream is not None and not self._is_current(self.stream):
            with suppress(OSError):
                self.stream.close()
            self.stream = None
        super().emit(record)

    def _is_current(self, stream: TextIOWrapper) -> bool:
        try:
            return os.path.samestat(os.fstat(stream.fileno()), os.stat(self.baseFilename))
        except OSError:
            return False

    def _open(self) -> TextIOWrapper:
        file = Path(self.baseFilename)
        paths.private_folder(file.parent)
        return open(file, "a", encoding="utf-8", opener=paths.open_private)

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk or a missing right must not write tracebacks over the screen."""


def _add(handler: logging.Handler) -> None:
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    _package.setLevel(logging.INFO)
