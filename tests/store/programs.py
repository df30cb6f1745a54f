"""Starts other programs on the same store (see `other_program`)."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process


async def start(*arguments: str) -> Process:
    """The program, with pipes to it and from it."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.other_program", *arguments, stdin=PIPE, stdout=PIPE
    )


async def run(*arguments: str) -> str:
    """What the program printed, once it has ended well."""
    program = await start(*arguments)
    printed, _ = await program.communicate()
    assert program.returncode == 0
    return printed.decode().strip()


async def line(program: Process) -> str:
    """The next line that it prints."""
    assert program.stdout is not None
    return (await program.stdout.readline()).decode().strip()
