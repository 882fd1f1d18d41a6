"""Settings: where they come from, which are known, and how a wrong one is told."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import DEFAULT_PACK, Settings, load
from core.errors import ConfigError
from core.mailserver import MailServer


def error_of(environ: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        load(environ)
    return str(caught.value)


def toml(tmp_path: Path, text: str) -> dict[str, str]:
    file = tmp_path / "presswatch.toml"
    file.write_text(text, encoding="utf-8")
    return {"PRESSWATCH_CONFIG": str(file)}


DEFAULTS = Settings(
    data_dir=Path("data"),
    database_url="sqlite:///data/presswatch.db",
    pack=DEFAULT_PACK,
    timezone="Asia/Shanghai",
    language="zh",
    smtp_url=None,
    mail_from="presswatch@localhost",
    base_url="http://127.0.0.1:8000",
    allow_hosts=frozenset(),
    resolver=None,
    user_agent=f"Presswatch/{version('presswatch')} (+http://127.0.0.1:8000)",
    host_delay=timedelta(seconds=2),
    tick=timedelta(seconds=15),
    min_interval=timedelta(minutes=5),
    proxy=None,
    ca_file=None,
    sentry_dsn=None,
    sentry_environment=None,
    admin_password=None,
    log_level="info",
    log_format="text",
)


def test_without_any_setting_the_defaults_hold() -> None:
    assert load({"PATH": "/bin", "HOME": "/root"}) == DEFAULTS


def test_every_variable_is_read(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("")

    settings = load(
        {
            "PRESSWATCH_DATA_DIR": "/srv/press",
            "PRESSWATCH_PACK": str(tmp_path),
            "PRESSWATCH_TIMEZONE": "Europe/Zurich",
            "PRESSWATCH_LANGUAGE": "en",
            "PRESSWATCH_SMTP_URL": "smtp://desk:p%40ss@Mail.office.example",
            "PRESSWATCH_MAIL_FROM": "News desk <desk@office.example>",
            "PRESSWATCH_BASE_URL": "https://news.office.example/",
            "PRESSWATCH_ALLOW_HOSTS": "127.0.0.1:8900, [::1]:8900,Intranet.example:80",
            "PRESSWATCH_RESOLVER": "127.0.0.1:5353",
            "PRESSWATCH_HOST_DELAY": "0.5",
            "PRESSWATCH_TICK": "1",
            "PRESSWATCH_MIN_INTERVAL": "2s",
            "PRESSWATCH_PROXY": "http://user:secret@proxy.office.example:3128",
            "PRESSWATCH_CA_FILE": str(authority),
            "PRESSWATCH_SENTRY_DSN": "https://public@sentry.example/1",
            "PRESSWATCH_ADMIN_PASSWORD": "correct horse",
            "PRESSWATCH_SENTRY_ENVIRONMENT": "office",
            "PRESSWATCH_LOG_LEVEL": "debug",
            "PRESSWATCH_LOG_FORMAT": "json",
        }
    )

    assert settings == Settings(
        data_dir=Path("/srv/press"),
        database_url="sqlite:////srv/press/presswatch.db",
        pack=tmp_path,
        timezone="Europe/Zurich",
        language="en",
        smtp_url=MailServer("mail.office.example", 587, "starttls", "desk", "p@ss"),
        mail_from="News desk <desk@office.example>",
        base_url="https://news.office.example",
        allow_hosts=frozenset({"127.0.0.1:8900", "[::1]:8900", "intranet.example:80"}),
        resolver="127.0.0.1:5353",
        user_agent=f"Presswatch/{version('presswatch')} (+https://news.office.example)",
        host_delay=timedelta(seconds=0.5),
        tick=timedelta(seconds=1),
        min_interval=timedelta(seconds=2),
        proxy="http://user:secret@proxy.office.example:3128",
        ca_file=authority,
        sentry_dsn="https://public@sentry.example/1",
        sentry_environment="office",
        admin_password="correct horse",
        log_level="debug",
        log_format="json",
    )
    assert settings.zone == ZoneInfo("Europe/Zurich")


def test_user_agent_may_be_named_and_database_too() -> None:
    settings = load(
        {
            "PRESSWATCH_USER_AGENT": "Desk/1 (+https://office.example)",
            "PRESSWATCH_DATABASE_URL": "sqlite:////db/x.db",
        }
    )

    assert (settings.user_agent, settings.database_url) == (
        "Desk/1 (+https://office.example)",
        "sqlite:////db/x.db",
    )


def test_file_holds_the_same_keys_and_the_environment_wins(tmp_path: Path) -> None:
    environ = toml(
        tmp_path,
        'tick = 3\nhost_delay = 0.25\nlanguage = "en"\nallow_hosts = ["a.example:1", "b.example:2"]\n',
    )

    settings = load(environ | {"PRESSWATCH_LANGUAGE": "zh"})

    assert (settings.tick, settings.host_delay, settings.language, settings.allow_hosts) == (
        timedelta(seconds=3), timedelta(seconds=0.25), "zh", frozenset({"a.example:1", "b.example:2"}),
    )  # fmt: skip


def test_empty_variable_is_one_that_is_not_set(tmp_path: Path) -> None:
    assert load({"PRESSWATCH_TICK": "", "PRESSWATCH_SMTP_URL": "", "PRESSWATCH_CONFIG": ""}) == DEFAULTS
    assert load(toml(tmp_path, 'resolver = ""\n')) == DEFAULTS


def test_unknown_variable_is_refused_with_the_nearest_known() -> None:
    assert error_of({"PRESSWATCH_TIMEZNE": "UTC"}) == (
        "PRESSWATCH_TIMEZNE: there is no such setting; did you mean PRESSWATCH_TIMEZONE?"
    )
    assert (
        error_of({"PRESSWATCH_tick": "1"})
        == "PRESSWATCH_tick: there is no such setting; did you mean PRESSWATCH_TICK?"
    )
    assert error_of({"PRESSWATCH_": "1"}).startswith("PRESSWATCH_: there is no such setting")


def test_unknown_key_of_the_file_is_refused_with_file_and_line(tmp_path: Path) -> None:
    environ = toml(tmp_path, "# settings\ntick = 3\n  min_intervall = '2s'\n")

    assert error_of(environ) == (
        f"{environ['PRESSWATCH_CONFIG']}:3: min_intervall: there is no such setting; did you mean min_interval?"
    )
    assert "smpt: there is no such setting" in error_of(toml(tmp_path, "[smpt]\nurl = 'x'\n"))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TIMEZONE", "Asia/Shanghia", "is not a time zone; did you mean Asia/Shanghai?"),
        ("TIMEZONE", "../etc/passwd", "is not a time zone; write for example Asia/Shanghai"),
        ("LANGUAGE", "fr", "is not one of zh, en"),
        ("TICK", "fast", "is not a number of seconds from 0.1 to 3600"),
        ("TICK", "0", "is not a number of seconds from 0.1 to 3600"),
        ("TICK", "nan", "is not a number of seconds from 0.1 to 3600"),
        ("HOST_DELAY", "-1", "is not a number of seconds from 0 to 3600"),
        ("MIN_INTERVAL", "300", "is not a duration from 1s to 366d, for example 5m or 2s"),
        ("BASE_URL", "news.office.example", "is not a plain address such as https://news.office.example"),
        ("BASE_URL", "https://a.example/?x=1", "is not a plain address such as https://news.office.example"),
        ("ALLOW_HOSTS", "127.0.0.1", "is not host:port, for example 127.0.0.1:8900 or [::1]:8900"),
        (
            "ALLOW_HOSTS",
            "a.example:1,b.example:0",
            "is not host:port, for example 127.0.0.1:8900 or [::1]:8900",
        ),
        ("ALLOW_HOSTS", "*:80", "is not host:port, for example 127.0.0.1:8900 or [::1]:8900"),
        ("RESOLVER", "127.0.0.1:99999", "is not host:port, for example 127.0.0.1:8900 or [::1]:8900"),
        ("MAIL_FROM", "desk", "is not a mail address such as desk@office.example"),
        ("MAIL_FROM", "a@b.example\nBcc: c@d.example", "holds control characters"),
        ("USER_AGENT", "x\r\ny", "holds other than visible ASCII characters, or more than 300"),
        ("PACK", "/no/such/folder", "is not a folder"),
        ("DATA_DIR", "what?", "is not a folder, or holds '?'"),
        ("CA_FILE", "/no/such/file", "is not a file"),
        ("LOG_LEVEL", "INFO", "is not one of debug, info, warning, error"),
        ("LOG_FORMAT", "xml", "is not one of text, json"),
    ],
)
def test_wrong_value_is_told_with_what_is_allowed(name: str, value: str, message: str) -> None:
    assert error_of({f"PRESSWATCH_{name}": value}) == f"PRESSWATCH_{name}: {value!r} {message}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://desk:hunter2@db.example/press"),
        ("PROXY", "socks5://desk:hunter2@proxy.example"),
        ("SMTP_URL", "smtp://desk:hunter2@mail.example?tls=maybe"),
        ("SENTRY_DSN", "ftp://hunter2@sentry.example/1"),
        ("ADMIN_PASSWORD", "hunter2"),
    ],
)
def test_secret_is_never_shown(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "secret"
    file.write_text(value)

    assert "hunter2" not in error_of({f"PRESSWATCH_{name}": value})
    assert "hunter2" not in error_of({f"PRESSWATCH_{name}_FILE": str(file)})
    assert "hunter2" not in repr(load({"PRESSWATCH_PROXY": "http://desk:hunter2@proxy.example:1"}))


@pytest.mark.parametrize(
    ("name", "value"),
    [("ENGINE", "procrastinate"), ("KEEP_DAYS", "30")],
)  # fmt: skip
def test_setting_whose_engine_is_not_here_is_refused(name: str, value: str) -> None:
    assert error_of({f"PRESSWATCH_{name}": value}).startswith(
        f"PRESSWATCH_{name}: this version does not have it yet: "
    )


def test_such_a_setting_may_name_what_this_version_does() -> None:
    assert load({"PRESSWATCH_ENGINE": "local", "PRESSWATCH_KEEP_DAYS": "0"}) == DEFAULTS


def test_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "proxy"
    file.write_text("http://user:secret@proxy.example:1\n")

    by_variable = load({"PRESSWATCH_PROXY_FILE": str(file)})
    by_key = load(toml(tmp_path, f"proxy_file = '{file}'\n"))

    assert by_variable.proxy == by_key.proxy == "http://user:secret@proxy.example:1"


def test_secret_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text("\n")
    binary.write_bytes(b"\xff\xfe\x00")

    assert error_of({"PRESSWATCH_PROXY_FILE": "/no/such"}) == (
        "PRESSWATCH_PROXY_FILE: '/no/such' cannot be read: No such file or directory"
    )
    assert error_of({"PRESSWATCH_PROXY_FILE": str(empty)}).endswith("is empty")
    assert error_of({"PRESSWATCH_PROXY_FILE": str(binary)}).endswith("is not a text file")
    assert error_of({"PRESSWATCH_PROXY_FILE": str(empty), "PRESSWATCH_PROXY": "http://p.example"}) == (
        "PRESSWATCH_PROXY_FILE: both this and PRESSWATCH_PROXY are set: keep one"
    )


def test_what_is_no_secret_has_no_file() -> None:
    assert "no such setting" in error_of({"PRESSWATCH_TIMEZONE_FILE": "x"})


def test_file_that_is_missing_broken_or_of_wrong_types_is_named(tmp_path: Path) -> None:
    assert error_of({"PRESSWATCH_CONFIG": "/no/such.toml"}) == (
        "PRESSWATCH_CONFIG: /no/such.toml cannot be read: No such file or directory"
    )
    broken = toml(tmp_path, "tick = 3\nlanguage = zh\n")
    assert error_of(broken).startswith(f"{broken['PRESSWATCH_CONFIG']}:2: not TOML: ")
    assert error_of(toml(tmp_path, "\ntick = true\n")).endswith(
        ":2: tick: the value has to be text or a number"
    )
    assert error_of(toml(tmp_path, "resolver = ['a.example:1']\n")).endswith("has to be text or a number")
    assert error_of(toml(tmp_path, "tick = 'soon'\n")).endswith(
        ":1: tick: 'soon' is not a number of seconds from 0.1 to 3600"
    )
    Path(broken["PRESSWATCH_CONFIG"]).write_bytes(b"\xff")
    assert error_of(broken).endswith("the file is not UTF-8")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([f.name for f in fields(Settings)]), st.text(max_size=30), max_size=4))
def test_any_text_is_a_setting_or_a_clear_error(given_texts: dict[str, str]) -> None:
    environ = {f"PRESSWATCH_{name}".upper(): text for name, text in given_texts.items() if "\x00" not in text}
    try:
        load(environ)
    except ConfigError as error:
        assert error.key in environ


@pytest.mark.parametrize("beginning", ["postgresql://", "postgresql+psycopg://"])
def test_a_server_may_keep_the_database(beginning: str) -> None:
    url = f"{beginning}desk:p%40ss@db.office.example/press?sslmode=verify-full"

    assert load({"PRESSWATCH_DATABASE_URL": url}).database_url == url


def test_an_address_of_another_kind_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError, match=r"is neither sqlite:///<file> nor postgresql") as caught:
        load({"PRESSWATCH_DATABASE_URL": "mysql://desk:sesame@db.office.example/press"})

    assert "sesame" not in str(caught.value)
