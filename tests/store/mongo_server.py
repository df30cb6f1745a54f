"""A MongoDB wire server in a process of its own: one of each kind for all tests of this process.

Run as a program, it prints the server's URI and serves until its standard input ends: so it never outlives the tests.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from uuid import uuid4

REPLICA_SET, STANDALONE, GUARDED = "replica-set", "standalone", "guarded"
"""With change streams; without; and one that asks for a user and a password."""

ROOT, ROOT_PASSWORD = "root", "p@ss/wört"
"""Of the guarded server."""

REAL = os.environ.get("AUDIT_TEST_MONGO", "")
"""The URI of a real MongoDB, without a database, where there is one to test on."""


@cache
def server(kind: str) -> str:
    """The URI of a running server, with a slash at its end."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.store.mongo_server", kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    _programs.append(program)
    assert program.stdout is not None
    uri = program.stdout.readline().strip()
    assert uri, f"no {kind} server"
    return uri


def new_database(kind: str) -> str:
    """The URI of a database that nobody has used yet."""
    base, question, options = (REAL or server(REPLICA_SET) if kind == "real" else server(kind)).partition("?")
    url = f"{base.rstrip('/')}/audit_{uuid4().hex[:16]}{question}{options}"
    if kind == "real":
        atexit.register(_drop, url)
    return url


def _drop(url: str) -> None:
    """A server that is not the tests' own is left as it was."""
    from pymongo import MongoClient

    with MongoClient[dict[str, object]](url) as client:
        client.drop_database(client.get_default_database())


_programs: list[subprocess.Popen[str]] = []


def _serve(kind: str) -> None:
    from secantus import SecantusDBServer

    def made(require_auth: bool) -> SecantusDBServer:
        return SecantusDBServer(
            storage_path=folder,
            enable_test_commands=True,
            require_auth=require_auth,
            replica_set_name=None if kind == STANDALONE else "secantus",
        )

    with tempfile.TemporaryDirectory() as folder:
        if kind == GUARDED:
            with made(False) as open_server:
                _make_root(open_server.uri)
        with made(kind == GUARDED) as server:
            host, port = server.address
            print(f"mongodb://{host}:{port}/", flush=True)
            sys.stdin.read()


def _make_root(uri: str) -> None:
    from pymongo import MongoClient

    with MongoClient[dict[str, object]](uri) as client:
        client.admin.command("createUser", ROOT, pwd=ROOT_PASSWORD, roles=["root"])


if __name__ == "__main__":
    _serve(sys.argv[1])
