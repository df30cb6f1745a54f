"""Modules that are loaded when they are first used: no start waits for what a key opens."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType


def later(package: str) -> Callable[[str], ModuleType]:
    """The `__getattr__` of a package whose modules are spoken of as `package.module.name`."""

    def load(name: str) -> ModuleType:
        try:
            return import_module(f"{package}.{name}")
        except ModuleNotFoundError as error:
            raise AttributeError(f"there is no {name!r} in {package}") from error

    return load
