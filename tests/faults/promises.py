"""What the README promises under trouble, with the tests that prove it: `python -m tests.faults.promises` writes it.

The words of the faults come from the catalogue that the suite asserts, so the README says what the program says.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.faults.catalogue import MONGO_FAULTS, SOURCE_FAULTS, SQLITE_FAULTS

README = Path(__file__).parents[2] / "README.md"
START, END = "<!-- faults: made by tests/faults/promises.py -->", "<!-- /faults -->"


@dataclass(frozen=True)
class Promise:
    """`tests`: those that would fail without it, as `file::name` below `tests/`."""

    trouble: str
    result: str
    tests: tuple[str, ...]


PROMISES = (
    Promise(
        "SIGKILL at any point of a tick, on either store",
        "the next tick goes on; nothing lost, nothing twice, the cursor never ahead of the rows",
        (
            "faults/test_kill.py::test_a_tick_killed_at_a_named_point_is_made_good_by_the_next",
            "faults/test_kill.py::test_the_console_script_killed_at_any_moment_is_made_good",
        ),
    ),
    Promise(
        "a store that fails at any call, before or after it did its work",
        "the tick is reported failed, and the next one goes on",
        ("faults/test_store_faults.py::test_a_call_that_fails_fails_the_tick_and_nothing_else",),
    ),
    Promise(
        "a page of which MongoDB refuses some rows and has others already",
        "no cursor moves; once it takes them, each is there once",
        ("faults/test_mongo_faults.py::test_a_page_of_which_some_rows_are_refused_and_some_are_there_moves_no_cursor",),
    ),
    Promise(
        "a store slower than the lease lives; a lease that went to another",
        "the tick ends, and writes nothing more",
        (
            "faults/test_store_faults.py::test_a_store_slower_than_the_lease_lives_ends_the_tick_and_loses_nothing",
            "faults/test_store_faults.py::"
            "test_a_lease_that_went_to_another_fences_the_old_holder_in_the_middle_of_its_tick",
        ),
    ),
    Promise(
        "a change stream of MongoDB that lost its place",
        "whoever follows gets what was stored meanwhile, each row once",
        (
            "store/mongo/test_live.py::"
            "test_a_change_stream_whose_place_is_lost_brings_what_came_meanwhile_once_and_says_so",
        ),
    ),
    Promise(
        "two ingesters, also under one lease",
        "one of them is refused; nothing lost, nothing twice",
        ("faults/test_store_faults.py::test_two_ticks_under_one_lease_conflict_and_neither_loses_nor_doubles",),
    ),
    Promise(
        "the process in which a dashboard pulls: killed, hanging, or left alone by a dashboard that was killed",
        "told and started again, with the lease at once; it ends with its dashboard",
        (
            "ingest/test_process.py::test_one_that_somebody_ends_is_told_of_and_its_lease_is_free",
            "ingest/test_process.py::test_one_that_hangs_is_ended_and_told_of",
            "ingest/test_process.py::test_it_does_not_outlive_a_parent_that_is_killed",
            "faults/test_kill.py::test_a_dashboard_and_its_ingester_killed_at_any_moment_are_made_good",
        ),
    ),
    Promise(
        "`reconcile` beside a service that ingests, and either of them killed",
        "the other goes on; nothing lost, nothing twice, no cursor moved back",
        (
            "faults/test_turns.py::test_killed_in_its_turn_the_service_goes_on_and_reads_the_rest",
            "faults/test_turns.py::test_where_the_service_is_killed_meanwhile_it_goes_on_alone",
        ),
    ),
    Promise(
        "300 events of one moment across page borders",
        "all are stored",
        ("faults/test_source_faults.py::test_three_hundred_events_of_one_moment_across_page_borders_are_all_stored",),
    ),
    Promise(
        "events that are committed late",
        "found by the next tick within the overlap, up to 3 hours late by the daily second look, mostly up to 24",
        (
            "faults/test_source_faults.py::"
            "test_late_commits_below_a_busy_head_are_found_though_the_last_hole_brings_nothing",
            "faults/test_reconcile.py::test_the_daily_walk_finds_all_three",
        ),
    ),
    Promise(
        "events from the future",
        "stored, and they hide nothing of the present",
        (
            "faults/test_source_faults.py::test_events_from_the_future_are_stored_and_do_not_hide_the_present",
            "faults/test_source_faults.py::test_more_events_from_the_future_than_a_tick_reads_hide_nothing",
        ),
    ),
    Promise(
        "a clock an hour or a year off, or jumping, on either side; summer time",
        "nothing is lost",
        (
            "faults/test_source_faults.py::test_a_clock_of_this_machine_that_is_wrong_or_jumps_loses_nothing",
            "faults/test_source_faults.py::test_a_clock_of_the_source_that_jumps_by_an_hour_either_way_loses_nothing",
            "faults/test_source_faults.py::test_one_wrong_date_of_the_source_lets_no_late_commit_slip_through",
            "faults/test_source_faults.py::test_summer_time_begins_and_ends_without_notice",
        ),
    ),
    Promise(
        "a directory that fails, lists no group, or is answered for by a gateway or a cache",
        "no user is taken for deleted or for one of no group; events wait for their tenant",
        (
            "faults/test_source_faults.py::test_a_fault_of_the_directory_holds_no_event_back",
            "faults/test_source_faults.py::test_a_404_of_a_gateway_makes_no_user_a_deleted_one",
            "sources/test_directory.py::test_a_list_without_a_group_makes_nobody_gone",
            "sources/test_client.py::test_the_answer_about_another_user_is_none_about_this_one",
        ),
    ),
    Promise(
        "events that are edited or deleted in Authentik",
        "the stored row stays as it was first seen, and the change is noted beside it",
        (
            "faults/test_reconcile.py::test_missing_changed_and_gone_are_told_apart_and_the_rows_stay_as_they_were",
            "faults/test_reconcile.py::test_what_has_expired_is_not_gone",
            "faults/test_reconcile.py::test_a_source_that_fails_in_the_middle_makes_nothing_gone",
        ),
    ),
    Promise(
        "all of this in any order",
        "after each step the store agrees with a plain reference",
        ("faults/test_model.py::test_any_order_of_events_comes_to_the_same",),
    ),
    Promise(
        "an event that is none: nested 10,000 deep, without a moment, without an id",
        "set aside with its reason, the rest of its page stored",
        ("faults/test_hostile_source.py::test_nesting_costs_at_most_the_event_that_has_it",),
    ),
    Promise(
        "NUL, lone surrogates, bytes that are no UTF-8, numbers out of range, a text of 10 MB",
        "stored small and sound",
        ("faults/test_hostile_source.py::test_a_wild_event_is_stored_small_and_sound_and_so_is_the_rest",),
    ),
    Promise(
        "replies of 200 MB, also packed",
        "not read to their end; memory stays bounded",
        (
            "faults/test_memory.py::test_two_hundred_megabytes_are_not_read_to_their_end",
            "faults/test_memory.py::test_a_large_page_takes_some_times_its_size",
        ),
    ),
    Promise(
        "control sequences, bidi overrides, invisible characters or markup in data",
        "shown as glyphs by every command, log line, error and widget; judged by bytes on a pseudo-terminal",
        (
            "faults/test_hostile_output.py::test_no_command_lets_data_act",
            "faults/test_hostile_output.py::test_lines_that_go_on_and_on_are_harmless",
            "faults/test_hostile_output.py::test_the_dashboard_draws_none_of_it",
            "faults/test_hostile_output.py::test_the_log_lines_of_a_service_are_harmless",
        ),
    ),
    Promise(
        "formulas in data",
        "no cell of csv starts one",
        ("faults/test_hostile_output.py::test_no_cell_of_csv_starts_a_formula",),
    ),
    Promise(
        "secrets in settings, mails, requests and errors",
        "in no output, log, file, list of processes or traceback",
        (
            "faults/test_secrets.py::test_no_command_and_no_file_holds_a_secret",
            "faults/test_secrets.py::test_with_a_password_for_mongodb_nothing_holds_a_secret_either",
            "faults/test_secrets.py::test_other_users_see_no_secret_in_the_list_of_processes",
            "faults/test_secrets.py::test_an_error_nobody_thought_of_tells_no_secret_either",
        ),
    ),
    Promise(
        "SIGTERM, SIGHUP, Ctrl-C, a terminal that vanishes, a closed pipe",
        "gone within 5 s, the lease given back, the terminal as it was; also where the store does not answer any more, "
        "when the lease expires by itself",
        (
            "faults/test_endings.py::test_a_store_that_does_not_answer_any_more_keeps_no_command_from_its_end",
            "faults/test_endings.py::test_a_signal_ends_every_command_and_gives_the_lease_back",
            "faults/test_endings.py::test_a_closed_pipe_ends_every_command_quietly",
            "cli/test_terminal.py::test_a_terminal_that_goes_away_ends_it_and_gives_the_lease_back",
        ),
    ),
)


def tables() -> str:
    """The README's tables."""
    lines = ["| trouble | what comes of it | proved by |", "|---|---|---|"]
    for promise in PROMISES:
        files = ", ".join(f"`{file}`" for file in dict.fromkeys(test.partition("::")[0] for test in promise.tests))
        lines.append(f"| {promise.trouble} | {promise.result} | {files} |")
    lines += ["", "What the source may do, and the line that the operator reads (what was read before it is kept):", ""]
    lines += ["| Authentik, or a proxy, answers with | told |", "|---|---|"]
    for fault in SOURCE_FAULTS:
        lines.append(f"| {_cell(fault.what)} | {_cell(fault.told or 'nothing: the tick goes well')} |")
    lines += ["", "What the store may do (in the middle of a tick; the next one makes it good):", ""]
    lines += ["| store | trouble | told |", "|---|---|---|"]
    for store, faults in (("SQLite", SQLITE_FAULTS), ("MongoDB", MONGO_FAULTS)):
        lines += [f"| {store} | {_cell(each.what)} | … {_cell(each.told)} … |" for each in faults]
    return "\n".join(lines)


def _cell(text: str) -> str:
    shown = text.replace("{host}", "HOST").replace("{bytes}", "N").replace("{page}", "N")
    return shown.replace("|", "\\|").replace("<", "&lt;")


def main() -> None:
    """Write them into the README."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{START}\n\n{tables()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
