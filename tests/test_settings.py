"""Settings: where they come from, what is allowed, and that no secret is ever told."""

from __future__ import annotations

import traceback
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dezky_audit_tui.errors import Exit, SettingsError
from dezky_audit_tui.settings import Settings, has_secret, shown_url, store_secrets
from dezky_audit_tui.settings.load import load_settings

MARKER = "MARKER-7f3a"


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine where nothing is set, and the current folder is empty."""
    import os

    for name in list(os.environ):
        if name.upper().startswith(("AUTHENTIK_", "AUDIT_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def write_config(text: str) -> Path:
    file = Path.home() / ".config" / "dezky-audit-tui" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def refused(**environment: str) -> str:
    """What is told where these are the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with pytest.raises(SettingsError) as caught:
            load_settings()
    return caught.value.message


def loaded(**environment: str) -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return load_settings()


class TestDefaults:
    def test_every_default_is_the_documented_one(self) -> None:
        found = load_settings()
        assert found.store_url == f"sqlite:///{Path.home()}/.local/share/dezky-audit-tui/audit.db"
        assert found.audit_ingest_enabled is True
        assert found.audit_ingest_interval == 60
        assert (found.audit_ingest_max_pages, found.audit_ingest_page_size) == (10, 100)
        assert found.audit_ingest_overlap == 600
        assert found.audit_ingest_history_days is None
        assert found.audit_admin_groups == ("authentik Admins", "authentik Read-only", "*-admins", "*-admin")
        assert found.audit_tenants == ()
        assert found.authentik_allow_http is False
        assert found.authentik_url is None
        assert found.authentik_token is None


class TestPrecedence:
    def test_command_line_then_environment_then_env_file_then_toml_then_default(self) -> None:
        write_config("audit_ingest_interval = 40\naudit_ingest_max_pages = 4\naudit_ingest_page_size = 54\n")
        Path(".env").write_text("AUDIT_INGEST_INTERVAL=30\nAUDIT_INGEST_MAX_PAGES=3\n")
        assert load_settings().audit_ingest_interval == 30
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AUDIT_INGEST_INTERVAL", "20")
            assert load_settings().audit_ingest_interval == 20
            found = load_settings({"audit_ingest_interval": 10.0})
        assert found.audit_ingest_interval == 10
        assert found.audit_ingest_max_pages == 3
        assert found.audit_ingest_page_size == 54
        assert found.audit_ingest_overlap == 600

    def test_an_option_that_was_not_given_hides_nothing(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AUDIT_INGEST_INTERVAL", "20")
            assert load_settings({"audit_ingest_interval": None}).audit_ingest_interval == 20

    def test_an_empty_value_counts_as_not_given(self) -> None:
        Path(".env").write_text("AUDIT_INGEST_INTERVAL=30\n")
        write_config('audit_store = ""\n')
        found = loaded(AUDIT_INGEST_INTERVAL="", AUTHENTIK_URL="")
        assert found.audit_ingest_interval == 30
        assert found.authentik_url is None
        assert found.store_url.startswith("sqlite:///")

    def test_settings_built_in_code_read_nothing_else(self) -> None:
        write_config("audit_ingest_interval = 40\n")
        Path(".env").write_text("AUTHENTIK_URL=https://env.example\n")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AUDIT_INGEST_OVERLAP", "5")
            built = Settings(audit_ingest_page_size=20)
        assert built.authentik_url is None
        assert (built.audit_ingest_interval, built.audit_ingest_overlap, built.audit_ingest_page_size) == (60, 600, 20)


class TestLists:
    def test_a_list_is_comma_separated_and_trimmed(self) -> None:
        assert loaded(AUDIT_TENANTS=" acme, umbrella ,,acme").audit_tenants == ("acme", "umbrella")

    def test_a_toml_array_is_a_list_too(self) -> None:
        write_config('audit_admin_groups = ["Root", "*-ops"]\naudit_tenants = "acme,globex"\n')
        found = load_settings()
        assert found.audit_admin_groups == ("Root", "*-ops")
        assert found.audit_tenants == ("acme", "globex")


class TestUnknownNames:
    def test_unknown_names_in_environment_and_env_file_are_not_ours(self) -> None:
        Path(".env").write_text("AUDIT_SOMETHING=1\nAUTHENTIK_SECRET_KEY=x\nOTHER=2\n")
        assert loaded(AUDIT_ELSE="1", AUTHENTIK_POSTGRESQL__HOST="db").audit_ingest_interval == 60

    def test_an_unknown_key_in_the_toml_file_names_file_key_and_nearest_key(self) -> None:
        file = write_config("audit_ingest_intervall = 5\nAUDIT_STORE = 'x'\n")
        with pytest.raises(SettingsError) as caught:
            load_settings()
        first, second = caught.value.message.splitlines()
        assert str(file) in first
        assert "'audit_ingest_intervall'" in first
        assert first.endswith("the nearest valid key is audit_ingest_interval")
        assert "'AUDIT_STORE'" in second
        assert second.endswith("the nearest valid key is audit_store")

    def test_a_file_that_is_nested_without_end_is_no_toml(self) -> None:
        file = write_config(f"audit_tenants = {'[' * 100_000}")
        with pytest.raises(SettingsError, match=rf"^{file} is not TOML: it is nested too deeply$"):
            load_settings()

    def test_a_file_that_is_no_toml_names_the_file_and_the_line(self) -> None:
        file = write_config("audit_store\n")
        with pytest.raises(SettingsError, match="line 1") as caught:
            load_settings()
        assert str(file) in caught.value.message

    @pytest.mark.parametrize(
        ("text", "lines"),
        [
            (f"AUTHENTIK_TOKEN {MARKER}\n", "line 1"),
            (f"# ours\n\n\nAUDIT_STORE: {MARKER}\nAUDIT_TENANTS=acme\n={MARKER}\n", "lines 4, 6"),
            (f'AUDIT_TENANTS=acme\nAUTHENTIK_TOKEN="{MARKER}\nAUDIT_STORE=sqlite:///x.db\n', "line 2"),
        ],
    )
    def test_lines_of_an_env_file_that_are_none_are_told_by_number_alone(
        self, capfd: pytest.CaptureFixture[str], text: str, lines: str
    ) -> None:
        Path(".env").write_text(text)
        with pytest.raises(SettingsError) as caught:
            load_settings()
        assert caught.value.message.startswith(f".env, {lines}: allowed is NAME=value")
        assert MARKER not in "".join(traceback.format_exception(caught.value))
        assert capfd.readouterr() == ("", "")

    def test_all_that_an_env_file_may_hold_is_read_without_a_word(self, capfd: pytest.CaptureFixture[str]) -> None:
        settings = "AUDIT_INGEST_INTERVAL=5\n# ours\n\nexport AUDIT_TENANTS='acme' # a comment\r\n"
        Path(".env").write_text(f'\ufeff{settings}OTHER\nX="two\nlines"\n')
        found = load_settings()
        assert (found.audit_tenants, found.audit_ingest_interval) == (("acme",), 5)
        assert capfd.readouterr() == ("", "")

    def test_files_that_are_no_text_are_named(self) -> None:
        Path(".env").write_bytes(b"AUTHENTIK_URL=\xff\xfe\n")
        with pytest.raises(SettingsError, match=r"\.env is not a text in UTF-8"):
            load_settings()
        Path(".env").unlink()
        write_config("").write_bytes(b"\xff")
        with pytest.raises(SettingsError, match=r"config\.toml is not a text in UTF-8"):
            load_settings()


class TestWrongValues:
    @pytest.mark.parametrize(
        ("name", "value", "allowed"),
        [
            ("AUDIT_INGEST_INTERVAL", "0", "seconds from 0.1 to 86400"),
            ("AUDIT_INGEST_INTERVAL", "nan", "seconds from 0.1 to 86400"),
            ("AUDIT_INGEST_INTERVAL", "a minute", "seconds from 0.1 to 86400"),
            ("AUDIT_INGEST_MAX_PAGES", "0", "a whole number from 1 to 1000"),
            ("AUDIT_INGEST_MAX_PAGES", "2.5", "a whole number from 1 to 1000"),
            ("AUDIT_INGEST_PAGE_SIZE", "101", "a whole number from 1 to 100"),
            ("AUDIT_INGEST_OVERLAP", "-1", "seconds from 0 to 86400"),
            ("AUDIT_INGEST_HISTORY_DAYS", "0", "days, more than 0"),
            ("AUDIT_INGEST_ENABLED", "perhaps", "true or false"),
            ("AUTHENTIK_ALLOW_HTTP", "2", "true or false"),
            ("AUTHENTIK_URL", "auth.example.com", "an http or https URL"),
            ("AUTHENTIK_URL", "ftp://auth.example.com", "an http or https URL"),
            ("AUTHENTIK_URL", "https://", "an http or https URL"),
            ("AUTHENTIK_URL", "https://a b", "an http or https URL"),
            ("AUTHENTIK_URL", "https://auth.example.com/?***", "without query and fragment"),
            ("AUTHENTIK_URL", "https://auth.example.com:99999", "a port from 0 to 65535"),
            ("AUTHENTIK_URL", "http://auth.example.com", "AUTHENTIK_ALLOW_HTTP=true"),
            ("AUDIT_STORE", "audit.db", "sqlite:///PATH"),
            ("AUDIT_STORE", "sqlite://audit.db", "sqlite:///PATH"),
            ("AUDIT_STORE", "sqlite:///", "a SQLite store is a file"),
            ("AUDIT_STORE", "sqlite:///:memory:", "a SQLite store is a file"),
            ("AUDIT_STORE", "postgres://db/audit", "mongodb://HOST/DB"),
            ("AUDIT_STORE", "mongodb:///db", "names no host"),
        ],
    )
    def test_a_wrong_value_names_setting_value_place_and_what_is_allowed(
        self, name: str, value: str, allowed: str
    ) -> None:
        message = refused(**{name: value})
        assert message.count("\n") == 0
        assert message.startswith(f"{name} is {value!r} (in the environment): allowed is ")
        assert allowed in message

    def test_each_problem_has_its_own_line(self) -> None:
        lines = refused(AUDIT_INGEST_INTERVAL="x", AUDIT_INGEST_PAGE_SIZE="y", AUDIT_STORE="z").splitlines()
        assert {line.split()[0] for line in lines} == {
            "AUDIT_INGEST_INTERVAL",
            "AUDIT_INGEST_PAGE_SIZE",
            "AUDIT_STORE",
        }

    def test_the_place_is_the_one_that_gave_the_value(self) -> None:
        file = write_config("audit_ingest_interval = 0\naudit_tenants = 7\n")
        Path(".env").write_text("AUDIT_INGEST_OVERLAP=x\n")
        with pytest.raises(SettingsError) as caught:
            load_settings({"audit_ingest_max_pages": 0})
        assert f"AUDIT_INGEST_INTERVAL is 0 (in {file})" in caught.value.message
        assert f"AUDIT_TENANTS is 7 (in {file})" in caught.value.message
        assert "AUDIT_INGEST_OVERLAP is 'x' (in .env)" in caught.value.message
        assert "AUDIT_INGEST_MAX_PAGES is 0 (in the command line)" in caught.value.message

    def test_wrong_settings_are_wrong_use(self) -> None:
        with pytest.raises(SettingsError) as caught:
            load_settings({"audit_ingest_interval": 0})
        assert caught.value.exit_code == Exit.WRONG_USE

    def test_a_value_that_could_act_on_a_terminal_is_told_harmless(self) -> None:
        message = refused(AUDIT_INGEST_INTERVAL="\x1b]0;owned\x07")
        assert "\x1b" not in message
        assert "\x07" not in message

    @settings(max_examples=60, deadline=None)
    @given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40))
    def test_any_text_is_taken_or_told_on_one_line(self, value: str) -> None:
        for name in ("audit_store", "authentik_url", "audit_ingest_interval", "authentik_token", "audit_tenants"):
            told = ""
            try:
                load_settings({name: value})
            except SettingsError as error:
                told = error.message
            assert len(told.splitlines()) <= 1
            assert told.isprintable()


class TestAuthentikUrl:
    @pytest.mark.parametrize(
        ("given_url", "base"),
        [
            ("https://auth.example.com", "https://auth.example.com"),
            ("https://auth.example.com/", "https://auth.example.com"),
            ("https://auth.example.com/api/v3/", "https://auth.example.com"),
            ("https://example.com/auth/api/v3", "https://example.com/auth"),
            ("http://localhost:9000", "http://localhost:9000"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://[::1]:9000/", "http://[::1]:9000"),
        ],
    )
    def test_the_base_is_what_is_kept(self, given_url: str, base: str) -> None:
        assert loaded(AUTHENTIK_URL=given_url).authentik_url == base

    @pytest.mark.parametrize("host", ["localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "[fe80::1]"])
    def test_plain_http_to_another_host_is_refused_unless_allowed(self, host: str) -> None:
        assert "AUTHENTIK_ALLOW_HTTP=true" in refused(AUTHENTIK_URL=f"http://{host}")
        assert loaded(AUTHENTIK_URL=f"http://{host}", AUTHENTIK_ALLOW_HTTP="true").authentik_url == f"http://{host}"


class TestToken:
    def test_a_token_file_is_read_without_its_last_line_end(self, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text("abc123\n")
        access = loaded(AUTHENTIK_URL="https://a.example", AUTHENTIK_TOKEN_FILE=str(file)).source_access()
        assert access.token.get_secret_value() == "abc123"
        assert access.url == "https://a.example"

    def test_token_and_token_file_together_are_an_error_that_tells_both_places(self) -> None:
        write_config('authentik_token_file = "/run/token"\n')
        message = refused(AUTHENTIK_TOKEN=MARKER)
        assert "AUTHENTIK_TOKEN (in the environment)" in message
        assert "AUTHENTIK_TOKEN_FILE (in " in message
        assert MARKER not in message

    def test_a_file_that_is_missing_empty_or_no_token_is_named(self, tmp_path: Path) -> None:
        empty, wrong, binary = tmp_path / "empty", tmp_path / "wrong", tmp_path / "binary"
        empty.write_text("\n \n")
        wrong.write_text(f"{MARKER} and more\n")
        binary.write_bytes(b"\xff\xfe" + MARKER.encode())
        for file in (tmp_path / "missing", tmp_path, empty, wrong, binary):
            found = loaded(AUTHENTIK_URL="https://a.example", AUTHENTIK_TOKEN_FILE=str(file))
            with pytest.raises(SettingsError) as caught:
                found.source_access()
            assert f"AUTHENTIK_TOKEN_FILE is '{file}'" in caught.value.message
            assert MARKER not in caught.value.message

    def test_a_token_in_the_place_of_its_file_is_not_repeated(self) -> None:
        token = MARKER + "x" * 50
        found = loaded(AUTHENTIK_URL="https://a.example", AUTHENTIK_TOKEN_FILE=token)
        with pytest.raises(SettingsError, match="AUTHENTIK_TOKEN_FILE looks like a token") as caught:
            found.source_access()
        assert MARKER not in caught.value.message

    def test_what_the_source_needs_is_told_at_once(self) -> None:
        with pytest.raises(SettingsError) as caught:
            load_settings().source_access()
        first, second = caught.value.message.splitlines()
        assert first.startswith("AUTHENTIK_URL is not set")
        assert "AUTHENTIK_TOKEN nor AUTHENTIK_TOKEN_FILE" in second

    def test_an_address_of_blanks_is_none(self) -> None:
        with pytest.raises(SettingsError, match="AUTHENTIK_URL is not set"):
            loaded(AUTHENTIK_URL="  ", AUTHENTIK_TOKEN="t").source_access()

    @pytest.mark.parametrize("name", ["audit_ingest_max_pages", "audit_ingest_interval", "audit_ingest_history_days"])
    def test_true_is_no_number(self, name: str) -> None:
        write_config(f"{name} = true")
        with pytest.raises(SettingsError, match=f"{name.upper()} is True .*: allowed is "):
            load_settings()

    def test_a_ca_bundle_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        found = loaded(
            AUTHENTIK_URL="https://a.example", AUTHENTIK_TOKEN="t", AUTHENTIK_CA_BUNDLE=str(tmp_path / "none.pem")
        )
        with pytest.raises(SettingsError, match=r"AUTHENTIK_CA_BUNDLE is '.*none\.pem', which cannot be read"):
            found.source_access()


class TestSecrets:
    def test_no_secret_is_in_any_repr(self) -> None:
        found = loaded(
            AUTHENTIK_URL="https://a.example",
            AUTHENTIK_TOKEN=MARKER,
            AUDIT_STORE=f"mongodb://user:{MARKER}@db.example/dezky?tlsCertificateKeyFilePassword={MARKER}",
        )
        for shown in (
            repr(found),
            str(found),
            repr(found.source_access()),
            found.shown_store,
            repr(asdict(found)),
            f"{found} {found.audit_store} {found.authentik_token:>40}",
        ):
            assert MARKER not in shown
        assert found.shown_store == "mongodb://user:***@db.example/dezky?***"
        assert MARKER in found.secrets

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("AUTHENTIK_TOKEN", f"{MARKER} with a blank"),
            ("AUTHENTIK_TOKEN", f"{MARKER}\u00e6"),
            ("AUTHENTIK_URL", f"https://root:{MARKER}@auth.example.com"),
            ("AUTHENTIK_URL", f"root:{MARKER}@auth.example.com"),
            ("AUTHENTIK_URL", f"https:/root:{MARKER}@auth.example.com"),
            ("AUTHENTIK_URL", f"https://auth.example.com?token={MARKER}"),
            ("AUTHENTIK_URL", f"https://[{MARKER}@x"),
            ("AUDIT_STORE", f"postgres://user:{MARKER}@db/audit"),
            ("AUDIT_STORE", f"user:{MARKER}@db/audit"),
            ("AUDIT_STORE", f"//user:{MARKER}@db/audit"),
            ("AUDIT_STORE", f"mongodb://user:a/{MARKER}@db/audit"),
            ("AUDIT_STORE", f"mongodb://user:a?{MARKER}@db/audit"),
            ("AUDIT_STORE", f"mongodb://user:a#{MARKER}@db/audit"),
            ("AUDIT_STORE", f"mongodb://user:{MARKER}@"),
        ],
    )
    def test_a_wrong_secret_is_told_without_it(self, name: str, value: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(SettingsError) as caught:
                load_settings()
        told = "".join(traceback.format_exception(caught.value))
        assert name in caught.value.message
        assert MARKER not in told

    def test_the_password_is_a_secret_as_written_and_as_meant(self) -> None:
        assert set(store_secrets("mongodb://u:p%40ss@db/x")) == {"mongodb://u:p%40ss@db/x", "p%40ss", "p@ss"}
        assert store_secrets("sqlite:////var/lib/me@corp:x/audit.db") == ()

    def test_a_url_without_secret_has_none(self) -> None:
        assert not has_secret("mongodb://db.example/dezky?replicaSet=rs0")
        assert not has_secret("mongodb://user@db.example/dezky")
        assert not has_secret("sqlite:////home/me@corp/audit.db")
        assert has_secret("mongodb://user:x@db.example/dezky")
        assert has_secret("mongodb://db.example/dezky?tlsCertificateKeyFilePassword=x")

    @settings(max_examples=100, deadline=None)
    @given(
        st.sampled_from(["mongodb://", "mongodb+srv://", "https://", "postgres://", "", "//", "x:"]),
        st.text("ab:/?#%@[]", max_size=6),
        st.text("ab:/?#%@[]", max_size=6),
        st.sampled_from(["h", "h/db", "h:1/db?x=y", ""]),
    )
    def test_no_url_shows_its_password(self, scheme: str, before: str, after: str, rest: str) -> None:
        assert MARKER not in shown_url(f"{scheme}user:{before}{MARKER}{after}@{rest}")


class TestStoreUrl:
    def test_three_slashes_are_relative_four_absolute_and_a_tilde_home(self) -> None:
        here = Path.cwd()
        assert loaded(AUDIT_STORE="sqlite:///audit.db").store_url == f"sqlite:///{here}/audit.db"
        assert loaded(AUDIT_STORE="sqlite:////var/lib/a.db").store_url == "sqlite:////var/lib/a.db"
        assert loaded(AUDIT_STORE="sqlite:///~/a.db").store_url == f"sqlite:///{Path.home()}/a.db"

    def test_a_relative_path_needs_a_current_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "gone").mkdir()
        monkeypatch.chdir(tmp_path / "gone")
        (tmp_path / "gone").rmdir()
        assert "the current folder was removed" in refused(AUDIT_STORE="sqlite:///audit.db")

    def test_any_mongodb_uri_is_taken_as_it_is(self) -> None:
        for uri in (
            "mongodb://db.example/dezky",
            "mongodb://a:1,b:2,c:3/dezky?replicaSet=rs0",
            "mongodb+srv://user:p%40ss@cluster.example/dezky",
            "mongodb://%2Ftmp%2Fmongo.sock/dezky",
        ):
            assert loaded(AUDIT_STORE=uri).store_url == uri
