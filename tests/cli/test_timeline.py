"""`timeline`: filters, formats, limits, and what it never lets through."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import pty
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from dezky_audit_tui.cli import timeline
from dezky_audit_tui.cli.table import TimelineTable
from dezky_audit_tui.cli.words import join_words
from dezky_audit_tui.errors import QueryError
from dezky_audit_tui.model.event import AuditEvent, Person, Target
from dezky_audit_tui.model.query import EVERYTHING
from dezky_audit_tui.model.query_parse import parse_query
from dezky_audit_tui.ops.export import CSV_COLUMNS, csv_line, event_line, json_line, safe_cell
from dezky_audit_tui.settings import Settings
from dezky_audit_tui.store.sqlite.store import SqliteStore
from dezky_audit_tui.store.store import Changes
from dezky_audit_tui.text import is_suspect
from tests.cli.conftest import NOON, Ended, Machine, event
from tests.tui.rows import put

Run = Callable[..., Ended]
HOSTILE = "=cmd|'/c calc'!A1\x1b[2J\u202e\"\n,x"


class TestRows:
    def test_newest_first_and_a_hundred_unless_told(self, run: Run, machine: Machine) -> None:
        machine.fill([event(number) for number in range(250)])
        rows = [json.loads(line) for line in run("timeline", "--format", "jsonl").lines]
        assert len(rows) == 100
        assert [row["externalId"] for row in rows] == [f"id-{number:05}" for number in range(100)]
        assert rows[0]["at"] == "2026-11-24T12:00:00.000Z"

    def test_a_limit_counts_and_all_means_all(self, run: Run, machine: Machine) -> None:
        machine.fill([event(number) for number in range(1203)])
        for limit, expected in (("0", 0), ("7", 7), ("500", 500), ("501", 501), ("99999", 1203), ("all", 1203)):
            found = run("timeline", "--limit", limit, "--format", "jsonl").lines
            assert len(found) == expected
            assert len({json.loads(line)["externalId"] for line in found}) == expected

    @pytest.mark.parametrize("limit", ["-1", "x", "", "1.5", "٣", "9" * 40])
    def test_another_limit_is_wrong_use(self, run: Run, limit: str) -> None:
        ended = run("timeline", "--limit", limit)
        assert (ended.code, ended.out) == (2, "")

    def test_the_store_can_be_named_before_or_after_the_command(self, run: Run, machine: Machine) -> None:
        machine.fill([event(1)])
        machine.set(AUDIT_STORE="sqlite:///~/other.db")
        for arguments in (("--store", machine.store_url, "timeline"), ("timeline", "--store", machine.store_url)):
            assert len(run(*arguments).lines) == 2
        assert len(run("timeline").lines) == 1
        assert (machine.home / "other.db").exists()

    def test_an_empty_store_gives_a_header_alone(self, run: Run) -> None:
        assert run("timeline").lines[0].startswith("time (UTC)")
        assert run("timeline", "--format", "csv").lines == [",".join(CSV_COLUMNS)]
        assert run("timeline", "--format", "jsonl").out == ""

    def test_it_needs_no_authentik_and_sends_nothing(self, run: Run, machine: Machine) -> None:
        machine.fill([event(1)])
        machine.set(AUTHENTIK_URL="http://127.0.0.1:9", AUTHENTIK_TOKEN_FILE="/nonexistent")
        assert run("timeline").code == 0


class TestFilter:
    def test_words_are_joined_and_all_must_hold(self, run: Run, machine: Machine) -> None:
        machine.fill(
            [
                event(1, tenant_slug="acme", action="authentik.login"),
                event(2, tenant_slug="acme", action="authentik.logout"),
                event(3, tenant_slug="globex", action="authentik.login"),
                event(4, tenant_slug=None, tenant_why=None, action="authentik.login", actor_name="Ana Lund"),
            ]
        )

        def found(*words: str) -> list[str]:
            ended = run("timeline", "--format", "jsonl", *words)
            assert ended.code == 0, ended.err
            return [json.loads(line)["externalId"] for line in ended.lines]

        assert found("tenant:acme", "verb:login") == ["id-00001"]
        assert found("tenant:acme verb:login") == ["id-00001"]
        assert found("!tenant:acme") == ["id-00003", "id-00004"]
        assert found("--", "-tenant:acme") == ["id-00003", "id-00004"]
        assert found("tenant:none") == ["id-00004"]
        assert found("ana lund") == ["id-00004"]
        assert found("actor:ana lund") == ["id-00004"]

    def test_a_wrong_filter_is_wrong_use_on_one_line_with_the_nearest_word(self, run: Run, machine: Machine) -> None:
        ended = run("timeline", "tenannt:acme")
        assert (ended.code, ended.out) == (2, "")
        assert len(ended.err.splitlines()) == 1
        assert "tenant" in ended.err
        assert not machine.store_file.exists()

    @pytest.mark.parametrize(
        ("arguments", "joined"),
        [
            (["tenant:acme", "verb:login*"], "tenant:acme verb:login*"),
            (["tenant:acme verb:login*"], "tenant:acme verb:login*"),
            (["ana lund"], '"ana lund"'),
            (["actor:ana lund"], 'actor:"ana lund"'),
            (["!target:group admins"], '!target:"group admins"'),
            (['"ana lund" verb:login'], '"ana lund" verb:login'),
            (["root verb:login"], "root verb:login"),
            (["tenant:acme root"], "tenant:acme root"),
            ([], ""),
        ],
    )
    def test_what_the_shell_unquoted_is_quoted_again(self, arguments: list[str], joined: str) -> None:
        assert join_words(arguments) == joined
        parse_query(joined, now=NOON)

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.text('abz :*"!-,.\\\t\x00é', max_size=12), max_size=4))
    def test_any_arguments_are_a_filter_or_a_wrong_one(self, arguments: list[str]) -> None:
        with suppress(QueryError):
            parse_query(join_words(arguments), now=NOON)


class TestNothing:
    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ("verb:lgoin", "nothing matches verb:lgoin; no event has the verb lgoin: did you mean login?"),
            ("verb:authentik.lgoin", "no event has the verb authentik.lgoin: did you mean authentik.login?"),
            ("tenant:Acme", "nothing matches tenant:Acme; no event has the tenant Acme: did you mean acme?"),
            ("tenant:globx", "no event has the tenant globx: did you mean globex?"),
            ("source:autentik", "no event has the source autentik: did you mean authentik?"),
            ("verb:lgoin,logout", "no event has the verb lgoin: did you mean login?"),
            ("tenant:zzz", "nothing matches tenant:zzz; no event has the tenant zzz"),
        ],
    )
    def test_a_value_that_no_event_has_is_named_with_the_nearest(
        self, run: Run, machine: Machine, query: str, told: str
    ) -> None:
        machine.fill([event(1), event(2)])
        machine.set(AUDIT_TENANTS="globex")
        ended = run("timeline", query, "--format", "jsonl")
        assert (ended.code, ended.out) == (0, "")
        assert ended.err.rstrip().endswith(told)
        assert ended.err.startswith("dezky-audit-tui: nothing matches ")
        assert ended.err.count("\n") == 1

    @pytest.mark.parametrize("query", ["verb:logout", "verb:logo*", "tenant:globex", "!verb:login", "mallory"])
    def test_what_may_come_any_day_is_no_mistake(self, run: Run, machine: Machine, query: str) -> None:
        machine.fill([event(1), event(2)])
        machine.set(AUDIT_TENANTS="globex")
        ended = run("timeline", query)
        assert (ended.code, len(ended.lines)) == (0, 1)
        assert ended.err == f"dezky-audit-tui: nothing matches {query}\n"

    def test_an_empty_store_is_told_apart_from_a_filter_that_finds_nothing(self, run: Run) -> None:
        ended = run("timeline", "verb:lgoin", "--format", "csv")
        assert (ended.code, len(ended.lines)) == (0, 1)
        assert "there is no event yet in sqlite audit.db" in ended.err

    def test_what_was_found_or_not_asked_for_needs_no_word(self, run: Run, machine: Machine) -> None:
        machine.fill([event(1)])
        for arguments in (("verb:login",), ("verb:lgoin", "--limit", "0"), ()):
            assert run("timeline", *arguments).err == ""

    def test_a_hostile_filter_cannot_act_on_the_terminal(self, run: Run, machine: Machine) -> None:
        machine.fill([event(1)])
        ended = run("timeline", "verb:\x1b[2Jlogin\n")
        assert not is_suspect(ended.err.rstrip("\n"))


class TestCsv:
    def test_the_columns_are_fixed(self) -> None:
        assert CSV_COLUMNS == (
            "at", "recordedAt", "source", "externalId", "action", "rawAction", "outcome",
            "actorId", "actorName", "actorEmail", "actorIp", "onBehalfOfId", "onBehalfOfName", "onBehalfOfEmail",
            "targetType", "targetId", "targetName", "tenantSlug", "tenantReason", "requestId",
        )  # fmt: skip

    def test_a_row_reads_back(self, run: Run, machine: Machine) -> None:
        machine.fill(
            [
                event(
                    5,
                    actor_name='Ana, "the" Lund',
                    on_behalf_of=Person("9", "root", "root@acme.example"),
                    metadata={"rawAction": "login", "requestId": "r-1"},
                )
            ]
        )
        (row,) = csv.DictReader(io.StringIO(run("timeline", "--format", "csv").out))
        assert row["actorName"] == 'Ana, "the" Lund'
        assert row["at"] == "2026-11-24T11:55:00.000Z"
        assert (row["onBehalfOfName"], row["rawAction"], row["requestId"]) == ("root", "login", "r-1")
        assert (row["tenantSlug"], row["tenantReason"]) == ("acme", "matched")
        assert row["recordedAt"].endswith("Z")

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "＝", "＋", "－", "＠"])
    def test_no_cell_is_a_formula(self, start: str) -> None:
        assert safe_cell(f"{start}1+1").startswith("'")

    def test_harmless_cells_stay_as_they_are(self) -> None:
        assert safe_cell("ana@acme.example") == "ana@acme.example"
        assert safe_cell("a-b=c") == "a-b=c"
        assert safe_cell("") == ""

    @settings(max_examples=80, deadline=None)
    @given(st.text(max_size=30))
    def test_any_name_stays_one_harmless_row(self, name: str) -> None:
        row = csv_line(AuditEvent("authentik", name, NOON, "authentik.x", actor_name=name, target=Target(name=name)))
        assert len(row.splitlines()) <= 1
        cells = next(csv.reader([row]))
        assert len(cells) == len(CSV_COLUMNS)
        assert all(not cell or cell[0] not in "=+-@\t\r" for cell in cells)


class TestJsonl:
    @settings(max_examples=80, deadline=None)
    @given(st.text(max_size=30))
    def test_any_text_comes_back_from_one_harmless_line(self, text: str) -> None:
        line = json_line({"name": text})
        assert not is_suspect(line)
        assert len(line.splitlines()) == 1
        assert json.loads(line) == {"name": text}

    def test_it_is_utf8_whatever_the_locale(self, machine: Machine) -> None:
        machine.set(LANG="en_US.ISO-8859-1", LC_ALL="en_US.ISO-8859-1", PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
        machine.fill([event(1, actor_name="漢字 Åse")])
        for form in ("jsonl", "csv", "table"):
            ended = machine.run("timeline", "--format", form)
            assert (ended.code, ended.err) == (0, "")
            assert "漢字 Åse" in ended.out

    def test_names_stay_readable(self) -> None:
        assert "Åse Þórðardóttir" in event_line(event(1, actor_name="Åse Þórðardóttir"))


class TestTable:
    def test_hostile_text_is_harmless_in_every_format(self, run: Run, machine: Machine) -> None:
        machine.fill(
            [event(1, actor_name=HOSTILE, actor_ip=HOSTILE, target=Target("user", HOSTILE, HOSTILE), action=HOSTILE)]
        )
        for form in ("table", "jsonl", "csv"):
            ended = run("timeline", "--format", form)
            assert ended.code == 0
            assert all(line.isprintable() for line in ended.lines)
        assert len(run("timeline").lines) == 2
        assert len(list(csv.reader(io.StringIO(run("timeline", "--format", "csv").out)))) == 2

    def test_a_pipe_gets_every_word_whole(self, run: Run, machine: Machine) -> None:
        long = "x" * 300
        machine.fill([event(1, actor_name=long, action=f"authentik.{long}")])
        line = run("timeline").lines[1]
        assert line.count(long) == 2

    @pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 120, 200])
    def test_no_line_is_wider_than_the_terminal_and_time_verb_and_actor_never_go(self, width: int) -> None:
        table = TimelineTable(width, colour=False)
        lines = table.lines(
            [event(number, actor_name="漢字" * 20, target=Target("user", "1", "ü" * 90)) for number in range(3)]
        )
        assert max(cell_len(line) for line in lines) <= max(width, 39)
        for name in ("time (UTC)", "verb", "actor"):
            assert name in lines[0]

    def test_at_eighty_columns_the_order_of_giving_way_is_what_then_address_then_tenant(self) -> None:
        kept = []
        for width in (200, 100, 80, 70, 60, 50):
            header = TimelineTable(width, colour=False).lines(
                [event(1, actor_name="a" * 20, tenant_slug="t" * 10, actor_ip="198.51.100.200")]
            )[0]
            kept.append([name for name in ("what", "address", "tenant") if name in header])
        assert kept[0] == ["what", "address", "tenant"]
        assert all(
            len(after) <= len(before) and before[len(before) - len(after) :] == after
            for before, after in pairwise(kept)
        )
        assert kept[-1] == []

    def test_colours_are_for_terminals_without_no_color(self, machine: Machine) -> None:
        machine.fill([event(1, outcome="failure")])

        def shown() -> str:
            leader, follower = pty.openpty()
            process = machine.spawn("timeline", stdout=follower)
            os.close(follower)
            text = b""
            while True:
                try:
                    read = os.read(leader, 65536)
                except OSError:
                    break
                if not read:
                    break
                text += read
            os.close(leader)
            process.communicate(timeout=120)
            return text.decode()

        assert "\x1b[31m" in shown()
        machine.set(NO_COLOR="1")
        assert "\x1b[" not in shown()


class TestFollow:
    def test_it_prints_the_last_ones_oldest_first_and_goes_on(self, machine: Machine) -> None:
        machine.fill([event(number) for number in range(5)])
        process = machine.spawn("timeline", "--follow", "--limit", "2", "--format", "jsonl", "verb:login")
        try:
            assert process.stdout is not None
            first = [json.loads(process.stdout.readline())["externalId"] for _ in range(2)]
            assert first == ["id-00001", "id-00000"]
            machine.fill([event(50, action="authentik.logout"), event(51), event(52, at=NOON + timedelta(minutes=1))])
            more = [json.loads(process.stdout.readline())["externalId"] for _ in range(2)]
            assert more == ["id-00051", "id-00052"]
        finally:
            process.terminate()
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, err) == (0, "", "")

    async def test_a_row_of_long_ago_that_is_stored_meanwhile_is_printed_once_however_many_follow(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(timeline, "PAGE_ROWS", 10)
        monkeypatch.setattr(timeline, "_REMEMBERED", 10, raising=False)
        monkeypatch.setattr(timeline, "_POLL_S", 0.0)
        monkeypatch.setattr(timeline, "look_for_reader", lambda: None)
        long_ago, written = SqliteStore(tmp_path / "audit.db", clock=lambda: NOON), SqliteStore(tmp_path / "audit.db")
        await long_ago.open()
        await written.open()
        await put(long_ago, [event(number, at=NOON + timedelta(seconds=number)) for number in range(100, 160)])
        follower = await written.follow()
        await put(written, [event(5, at=NOON + timedelta(seconds=130.5))])

        class Ends:
            polls = 0

            async def poll(self) -> Changes:
                self.polls += 1
                if self.polls > 2:
                    raise asyncio.CancelledError
                return await follower.poll()

        with pytest.raises(asyncio.CancelledError):
            await timeline._follow(written, cast(Any, Ends()), EVERYTHING, None, timeline.Jsonl(), Settings())
        ids = [json.loads(line)["externalId"] for line in capsys.readouterr().out.splitlines()]
        assert len(ids) == len(set(ids)) == 61
        await long_ago.close()
        await written.close()

    def test_a_store_that_is_away_for_a_while_is_told_and_waited_for(self, machine: Machine) -> None:
        machine.fill([event(1)])
        process = machine.spawn("timeline", "--follow", "--format", "jsonl")
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline()
            aside = machine.store_file.rename(machine.store_file.with_suffix(".aside"))
            assert "looking again until it is back" in process.stderr.readline()
            aside.rename(machine.store_file)
            machine.fill([event(2)])
            assert json.loads(process.stdout.readline())["externalId"] == "id-00002"
        finally:
            process.terminate()
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, err) == (0, "", "")

    def test_interrupted_is_130(self, machine: Machine) -> None:
        machine.fill([event(1)])
        process = machine.spawn("timeline", "--follow", "--format", "csv", "--limit", "all")
        assert process.stdout is not None
        assert process.stdout.readline().startswith("at,recordedAt")
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, err) == (130, "", "")

    def test_it_ends_quietly_with_its_reader_also_where_nothing_comes(self, machine: Machine) -> None:
        machine.fill([event(1)])
        process = machine.spawn("timeline", "--follow", "--format", "jsonl")
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=120) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
        process.stderr.close()
