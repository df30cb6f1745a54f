"""Faults of the server on demand: only commands of the program under test meet them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import OperationFailure

_NO_SUCH_COMMAND = 59


@contextmanager
def failing(
    platform: Database[dict[str, Any]], *commands: str, times: int | None = None, **fault: Any
) -> Iterator[None]:
    """Within the block these commands meet `fault` (`errorCode`, `writeConcernError`, `closeConnection`): all of them,
    or the next `times`."""
    mode: Any = "alwaysOn" if times is None else {"times": times}
    data = {"failCommands": list(commands), "appName": "dezky-audit-tui", **fault}
    try:
        platform.client.admin.command("configureFailPoint", "failCommand", mode=mode, data=data)
    except OperationFailure as error:
        if error.code == _NO_SUCH_COMMAND:
            pytest.skip("this MongoDB was started without enableTestCommands")
        raise
    try:
        yield
    finally:
        platform.client.admin.command("configureFailPoint", "failCommand", mode="off")
