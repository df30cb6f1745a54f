"""What a monkey does to a dashboard, step by step: strategies, and the steps themselves."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st
from textual import events
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Size
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key

from dezky_audit_tui.ingest.state import IngesterState
from dezky_audit_tui.model.event import AuditEvent
from dezky_audit_tui.model.report import TickError, TickReport
from dezky_audit_tui.tui.keymap import KEYS
from dezky_audit_tui.tui.terminal.keyboard import _Parser
from tests.insight.samples import ANA, ROOT, acted, ended, failed, started
from tests.tui.cage import Cage
from tests.tui.rows import NOON, event


class Step(NamedTuple):
    """`name`: a function of this module without its `_`; it is awaited with the cage and `what`."""

    name: str
    what: Any = None


_EVILS = (
    "\x1b[31mred",
    "\x1b]0;owned\x07",
    "[bold]x[/]",
    "[@click=app.quit]x[/]",
    "\u202egro",
    "\x9b1m",
    "家" * 90,
    "",
    "\ufe0f‍",
)
_OF_KEYMAP = [name for key in KEYS for name in key.keys.split(",")]
_OF_OTHERS = [
    *("enter", "escape", "tab", "shift+tab", "up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *("backspace", "delete", "ctrl+a", "ctrl+e", "ctrl+k", "ctrl+u", "ctrl+w", "ctrl+left", "ctrl+home", "ctrl+end"),
    *("j", "k", "l", "h", "d", "f", "f1", "f5", "f12", "ctrl+q", "ctrl+c", "ctrl+v", "ctrl+x", "ctrl+at", "alt+x"),
    *("shift+up", "ctrl+shift+end", "ctrl+y", "ctrl+n", "ctrl+backslash", "insert", "r", "s", "1", "2", "5", "9"),
]
_OPENERS = ["slash", "s", "colon", "p", "P", "W", "y", "ctrl+p", "question_mark", "h", "O", "enter", "5", "tab"]
KEYS_OF_ALL = st.sampled_from(_OF_KEYMAP) | st.sampled_from(_OF_OTHERS) | st.sampled_from(_OPENERS)
WORDS = st.sampled_from(
    [
        *("tenant:acme", "tenant:none", "verb:login*", "!actor:user1", "outcome:failure", "is:impersonated", "mallory"),
        *("since:2h", "until:2026-11-24T12:00", "ip:203.0.113.0/24", '"user 1"', "verb:", "tenant:", "nothing:x", "-"),
        *("14:30", "yesterday 9:00", "2h", "2026-11-24", "x.jsonl", "x.csv", "user3", "since:9999999h", "0001-01-01"),
        *("source:platform", "actor:user1,user2", "actor:*1", "is:unresolved", "target:x", "until:1h since:3h"),
    ]
)
TEXT = WORDS | st.sampled_from(_EVILS) | st.text(max_size=12)
PASTES = TEXT | st.sampled_from(["\n".join(["a"] * 500), "x" * 5_000, "q\rq\n", "\x1b[201~q"])
SIZES = st.tuples(
    st.one_of(st.integers(1, 12), st.integers(12, 160), st.integers(1, 300), st.sampled_from([71, 72, 80, 119, 120])),
    st.one_of(st.integers(1, 12), st.integers(8, 45), st.integers(1, 80), st.sampled_from([24, 31, 32])),
)
CELLS = st.tuples(st.integers(-3, 130) | st.integers(-1, 310), st.integers(-1, 45) | st.integers(-1, 90))
EDGES = st.tuples(st.integers(0, 100), st.sampled_from([-1, 0, 1, 2, 3, 4, 97, 98, 99, 100]))
BYTES = st.lists(
    st.sampled_from(
        [
            *(
                "\x1b",
                "[",
                "\x1b[",
                "\x1bO",
                "\x1b[<",
                "0;5;5M",
                "0;5;5m",
                "\x1b[<0;9999;9999M",
                "\x1b[<0;0;0m",
                "A",
                "~",
            ),
            *("\x1b[<64;3;3M", "\x1b[<65;3;3M", "\x1b[<35;3;3M", "\x1b[<0;-1;-5M", "\x1b[<0;10;10M", "\x1b[<0;10;10m"),
            *("\x1b[200~", "\x1b[201~", "\x1b[I", "\x1b[O", "\x1b[27u", "\x1b[99999999;1u", "\x1b[?2026;2$y", "j", "/"),
            *(
                "\x1b[48;20;50;0;0t",
                "\x1b[8;5t",
                "\x1b[M !!",
                "\x1b]11;rgb:0/0/0\x07",
                "\x1bP",
                "\x1b\\",
                "\x00",
                "\x7f",
            ),
        ]
    ),
    max_size=6,
).map("".join)

REPORTS = st.builds(
    lambda trigger, outcome, inserted, evil: TickReport(
        "authentik",
        trigger,
        NOON + timedelta(hours=3),
        inserted=inserted,
        outcome=outcome,
        error=None if outcome == "ok" else TickError("source", evil),
        warning=evil or None,
    ),
    st.sampled_from(["startup", "timer", "forced", "catch_up"]),
    st.sampled_from(["ok", "skipped", "failed"]),
    st.integers(0, 5_000),
    st.sampled_from(_EVILS),
)
_EVIL = st.none() | st.sampled_from(_EVILS)
_MOMENT = st.none() | st.integers(-90_000, 90_000).map(lambda s: NOON + timedelta(hours=3, seconds=s))
STATES = st.builds(
    IngesterState,
    phase=st.sampled_from(["starting", "waiting", "ticking", "watching", "disabled", "read_only", "stopped"]),
    next_tick_at=_MOMENT,
    tick_started_at=_MOMENT,
    trigger=st.sampled_from([None, "timer", "catch_up"]),
    progress=_EVIL,
    holder=_EVIL,
    why=_EVIL,
    failures=st.integers(0, 20),
    last=st.none() | REPORTS,
)

STEPS = st.one_of(
    st.builds(Step, st.just("keys"), st.lists(KEYS_OF_ALL, min_size=1, max_size=5)),
    st.builds(Step, st.just("keys"), st.lists(KEYS_OF_ALL, min_size=1, max_size=5)),
    st.builds(Step, st.just("keys"), st.lists(st.sampled_from(_OPENERS), min_size=1, max_size=2)),
    st.builds(Step, st.just("keys"), st.tuples(KEYS_OF_ALL, st.integers(2, 40)).map(lambda each: [each[0]] * each[1])),
    st.builds(
        Step, st.just("typed"), st.tuples(st.sampled_from(["slash", "s", "colon", "", "p"]), TEXT, st.booleans())
    ),
    st.builds(Step, st.just("paste"), PASTES),
    st.builds(Step, st.just("click"), st.tuples(CELLS | EDGES, st.integers(1, 3), st.sampled_from([1, 1, 2, 3]))),
    st.builds(Step, st.just("click"), st.tuples(CELLS | EDGES, st.integers(1, 3), st.sampled_from([1, 1, 2, 3]))),
    st.builds(Step, st.just("drag"), st.tuples(CELLS, CELLS)),
    st.builds(Step, st.just("wheel"), st.tuples(CELLS, st.sampled_from([-40, -3, -1, 1, 3, 40]))),
    st.builds(Step, st.just("resize"), st.lists(SIZES, min_size=1, max_size=3)),
    st.builds(Step, st.just("resize"), st.lists(SIZES, min_size=1, max_size=1)),
    st.builds(
        Step,
        st.just("rows"),
        st.tuples(
            st.sampled_from(["new", "old", "evil", "burst", "other", "acted"]), st.sampled_from([1, 2, 5, 40, 450])
        ),
    ),
    st.builds(Step, st.just("mood"), st.sampled_from(["well", "slow", "away", "unsure"])),
    st.builds(Step, st.just("state"), STATES),
    st.builds(Step, st.just("time"), st.sampled_from([1, 5, 61, 3_600, 90_000])),
    st.builds(Step, st.just("raw"), BYTES),
    st.builds(Step, st.just("pause"), st.sampled_from([0, 1, 3, 10, 60])),
    st.builds(Step, st.just("settle"), st.none()),
    st.builds(Step, st.just("settle"), st.none()),
)


class Monkey:
    """Does the steps in a cage."""

    def __init__(self, cage: Cage) -> None:
        self._cage = cage
        self._parser = _Parser()
        self._made = 0

    async def do(self, step: Step) -> None:
        """One step; nothing is waited for but where the step is to wait."""
        await getattr(self, f"_{step.name}")(step.what)

    def _send(self, message: Any) -> None:
        driver = self._cage.app._driver
        assert driver is not None
        driver.process_message(message)

    async def _keys(self, names: Sequence[str]) -> None:
        for name in names:
            self._send(key_event(name))

    async def _typed(self, what: tuple[str, str, bool]) -> None:
        opens, text, enters = what
        await self._keys([*([opens] if opens else []), *text, *(["enter"] if enters else [])])

    async def _paste(self, text: str) -> None:
        self._send(events.Paste(text))

    def _mouse(self, kind: type[events.MouseEvent], x: int, y: int, button: int, move: int = 0) -> None:
        self._send(kind(None, x, y, 0, move, button, False, False, False, x, y))

    async def _click(self, what: tuple[tuple[int, int], int, int]) -> None:
        (x, y), times, button = what
        if y >= 90:
            y = self._cage.app.size.height - (100 - y) - 1  # one of the last lines
        for _ in range(times):
            self._mouse(events.MouseDown, x, y, button)
            self._mouse(events.MouseUp, x, y, button)

    async def _drag(self, what: tuple[tuple[int, int], tuple[int, int]]) -> None:
        (x, y), (to_x, to_y) = what
        self._mouse(events.MouseDown, x, y, 1)
        self._mouse(events.MouseMove, (x + to_x) // 2, (y + to_y) // 2, 1)
        self._mouse(events.MouseMove, to_x, to_y, 1)
        self._mouse(events.MouseUp, to_x, to_y, 1)

    async def _wheel(self, what: tuple[tuple[int, int], int]) -> None:
        (x, y), turns = what
        for _ in range(abs(turns)):
            self._mouse(events.MouseScrollDown if turns > 0 else events.MouseScrollUp, x, y, 0)

    async def _resize(self, sizes: Sequence[tuple[int, int]]) -> None:
        app = self._cage.app
        for width, height in sizes:
            if isinstance(app._driver, HeadlessDriver):
                app._driver._size = (width, height)
            app.post_message(events.Resize(Size(width, height), Size(width, height)))

    async def _rows(self, what: tuple[str, int]) -> None:
        kind, count = what
        self._made += 10_000
        made, seconds = self._made, (self._cage.now - NOON).total_seconds()
        rows: list[AuditEvent]
        if kind == "burst":
            rows = [failed(seconds - count + n, id=f"burst-{made + n}") for n in range(count)]
        elif kind == "acted":
            rows = [
                started(seconds - 2, ANA, ROOT, id=f"start-{made}"),
                acted(seconds - 1, ANA, ROOT, id=f"act-{made}"),
            ]
            rows += [ended(seconds, ANA, ROOT, id=f"end-{made}")] if count % 2 else []
        else:
            back = 7_000 if kind == "old" else 0
            rows = [event(made + n, seconds=seconds - back - (n % 7)) for n in range(count)]
            if kind == "evil":
                rows = [_evil(each, _EVILS[n % len(_EVILS)]) for n, each in enumerate(rows)]
        source = "platform" if kind == "other" else "authentik"
        if kind == "other":
            rows = [replace(each, source=source, action=f"platform.thing{n % 3}") for n, each in enumerate(rows)]
        await self._cage.come(rows, source)

    async def _mood(self, mood: Any) -> None:
        self._cage.store.mood = mood

    async def _state(self, state: IngesterState) -> None:
        if self._cage.puppet is not None:
            self._cage.puppet.state = state

    async def _time(self, seconds: int) -> None:
        self._cage.now += timedelta(seconds=seconds)
        self._cage.main.second()

    async def _raw(self, text: str) -> None:
        for message in (*self._parser.feed(text), *self._parser.tick()) if text else ():
            self._send(message)

    async def _pause(self, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0.001 if turns > 10 else 0)

    async def _settle(self, _: None) -> None:
        await self._cage.settle()


def key_event(name: str) -> events.Key:
    """The key, as the library's own pilot makes it."""
    key = _character_to_key(name) if len(name) == 1 and not name.isalnum() else name
    original = REPLACED_KEYS.get(key, key)
    try:
        character: str | None = unicodedata.lookup(_get_unicode_name_from_key(original))
    except KeyError:
        character = name if len(name) == 1 else None
    return events.Key(key, character)


def _evil(plain: AuditEvent, evil: str) -> AuditEvent:
    return replace(
        plain,
        actor_name=evil,
        actor_email=evil,
        actor_ip=evil,
        tenant_slug=evil or None,
        metadata={"message": evil, "userAgent": evil, "rawAction": f"custom_{evil}", evil: {evil: [evil]}},
    )
