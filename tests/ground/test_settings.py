"""Settings: every fault at once, each with a hint; production is strict."""

from pathlib import Path

import pytest

from core.errors import ConfigError
from core.settings import Settings, load_settings

KEY = "k1:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY="
PRODUCTION: dict[str, object] = {
    "app_env": "production",
    "base_url": "https://gate.example.tw",
    "secret_key": "a long secret of our own",
    "data_keys": KEY,
    "index_keys": KEY,
    "line_channel_secret": "own-secret",
    "line_channel_access_token": "own-token",
    "line_login_channel_id": "1234567890",
    "liff_id": "1234567890-abcdefgh",
    "taipei_pass_client_id": "own-client",
    "taipei_pass_client_secret": "own-client-secret",
}
BUREAU = {
    "bureau_login_authorize_url": "https://sso.example.tw/authorize",
    "bureau_login_token_url": "https://sso.example.tw/token",
    "bureau_login_profile_url": "https://sso.example.tw/profile",
    "bureau_login_client_secret": "of-the-bureau",
}
APP_PUSH = {
    "app_push_url": "https://push.example.tw/v1",
    "app_push_key": "of-the-bureau",
    "bureau_login_client_id": "gate",
}


def _load(**given: object) -> Settings:
    return load_settings(_env_file=None, **given)


def _faults(**given: object) -> set[str]:
    with pytest.raises(ConfigError) as refused:
        _load(**given)
    assert all(fault.hint for fault in refused.value.faults)
    return {fault.name for fault in refused.value.faults}


def test_development_needs_nothing_and_talks_to_the_sandbox() -> None:
    settings = _load(base_url="http://127.0.0.1:9000")
    assert settings.line_api == "http://127.0.0.1:9001"
    assert settings.liff_sdk == "http://127.0.0.1:9001/liff-sdk.js"
    assert settings.taipei_pass("token") == "http://127.0.0.1:9001/tpcd/oauth/token"


def test_production_talks_to_the_real_hosts() -> None:
    settings = _load(**PRODUCTION)
    assert settings.line_api == "https://api.line.me"
    assert settings.line_data_api == "https://api-data.line.me"
    assert settings.taipei_pass("profile") == "https://id.taipei/tpcd/api/v1.0.9/user/my"


def test_production_lists_every_default_secret_at_once() -> None:
    assert _faults(app_env="production") == {
        "BASE_URL",
        "SECRET_KEY",
        "DATA_KEYS",
        "INDEX_KEYS",
        "LINE_CHANNEL_SECRET",
        "LINE_CHANNEL_ACCESS_TOKEN",
        "LINE_LOGIN_CHANNEL_ID",
        "LIFF_ID",
        "TAIPEI_PASS_CLIENT_ID",
        "TAIPEI_PASS_CLIENT_SECRET",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "http://gate.example.tw"),
        ("line_api_base", "https://127.0.0.1:8001"),
        ("line_data_api_base", "https://localhost:8001"),
        ("liff_sdk_url", "https://sandbox.localhost/liff-sdk.js"),
        ("taipei_pass_token_url", "https://[::1]:8001/token"),
        ("smtp_url", "smtp://localhost:2525"),
        ("sms_api_base", "http://sms.example.tw"),
        ("taipei_pass_profile_url", "https://LocalHost./profile"),
        ("taipei_pass_logout_url", "https://0.0.0.0/logout"),
        ("sms_provider", "sandbox"),
        ("clock_now", "2026-11-23T07:20:00+08:00"),
    ],
)
def test_production_refuses_sandbox_addresses_http_and_a_shifted_clock(
    name: str, value: str
) -> None:
    own = {"mail_from": "no-reply@gate.example.tw"} if name == "smtp_url" else {}
    assert _faults(**{**PRODUCTION, **own, name: value}) == {name.upper()}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"smtp_url": "https://mail.example.tw"}, {"SMTP_URL"}),
        ({"smtp_url": "smtp://mail.example.tw:port"}, {"SMTP_URL"}),
        ({"mail_from": "no one"}, {"MAIL_FROM"}),
        ({"sms_provider": "pigeon"}, {"SMS_PROVIDER"}),
        ({"sms_api_base": "smsapi.mitake.com.tw"}, {"SMS_API_BASE"}),
        ({**APP_PUSH, "app_push_url": "push.example.tw"}, {"APP_PUSH_URL"}),
        ({**APP_PUSH, "app_push_url": "https://"}, {"APP_PUSH_URL"}),
        ({**APP_PUSH, "app_push_key": ""}, {"APP_PUSH_URL"}),
        ({"app_push_key": "key"}, {"APP_PUSH_URL"}),
        # Nobody could connect an app without it.
        ({**APP_PUSH, "bureau_login_client_id": ""}, {"APP_PUSH_URL"}),
    ],
)
def test_post_that_can_not_work_is_a_fault_everywhere(
    given: dict[str, object], names: set[str]
) -> None:
    assert _faults(**given) == names


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"app_push_url": "http://push.example.tw/v1"}, {"APP_PUSH_URL"}),
        ({"app_push_url": "https://127.0.0.1:8001/app-push"}, {"APP_PUSH_URL"}),
        ({"app_push_key": "sandbox-app-push-key"}, {"APP_PUSH_KEY"}),
    ],
)
def test_production_refuses_the_sandboxs_gateway_and_key(
    given: dict[str, object], names: set[str]
) -> None:
    assert _load(**PRODUCTION, **APP_PUSH, **BUREAU).app_push_url == APP_PUSH["app_push_url"]
    assert _faults(**{**PRODUCTION, **APP_PUSH, **BUREAU, **given}) == names


def test_channel_half_set_up_stops_production() -> None:
    given = {"smtp_url": "smtps://mail.example.tw", "sms_provider": "mitake"}
    wanted = {"MAIL_FROM", "SMS_USERNAME", "SMS_PASSWORD", "SMS_CALLBACK_SECRET"}
    assert _faults(**PRODUCTION, **given) == wanted


def test_wrong_values_and_wrong_wholes_are_reported_together() -> None:
    assert _faults(line_push_per_second=1801, data_keys="nonsense", database_url="mysql://x") == {
        "LINE_PUSH_PER_SECOND",
        "DATA_KEYS",
        "DATABASE_URL",
    }


@pytest.mark.parametrize("name", ["secret_key", "line_channel_access_token", "liff_id"])
def test_production_refuses_an_empty_secret(name: str) -> None:
    assert _faults(**{**PRODUCTION, name: " " if name == "secret_key" else ""}) == {name.upper()}


DEFAULTS = Settings.model_fields


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (
            "secret_key_fallbacks",
            f"the one before,{DEFAULTS['secret_key'].default.get_secret_value()}",
        ),
        ("data_keys", f"{KEY},{DEFAULTS['data_keys'].default.get_secret_value()}"),
        # By another name it is the same key.
        ("index_keys", DEFAULTS["index_keys"].default.get_secret_value().replace("i0:", "k2:")),
        ("line_channel_secret", "own-secret, sandbox-channel-secret"),
        ("metrics_token", DEFAULTS["secret_key"].default.get_secret_value()),
    ],
)
def test_production_finds_a_development_secret_among_its_own(name: str, value: str) -> None:
    assert _faults(**{**PRODUCTION, name: value}) == {name.upper()}


def test_fault_never_quotes_a_secret() -> None:
    with pytest.raises(ConfigError) as refused:
        _load(data_keys="k1:c2VjcmV0LXNlY3JldA==", line_push_per_second="secret-word")
    assert "c2VjcmV0" not in str(refused.value)
    assert "secret-word" not in str(refused.value)


def test_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_text("from-a-file\n")
    monkeypatch.setenv("LINE_CHANNEL_SECRET_FILE", str(path))
    assert _load().channel_secrets == ["from-a-file"]


def test_env_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    in_big5 = tmp_path / ".env"
    in_big5.write_bytes("MAIL_FROM=學校".encode("big5"))
    # Its start can't be read by anybody, not even by root.
    for path in (in_big5, Path("/proc/self/mem")):
        with pytest.raises(ConfigError) as refused:
            load_settings(_env_file=path)
        assert [fault.name for fault in refused.value.faults] == [".env"]


def test_each_secret_file_that_can_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("LINE_CHANNEL_SECRET_FILE", "/nowhere/secret")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path))
    monkeypatch.setenv("DATA_KEYS_FILE", str(tmp_path / "binary"))
    assert _faults() == {"LINE_CHANNEL_SECRET_FILE", "SECRET_KEY_FILE", "DATA_KEYS_FILE"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_url", "http://["),
        ("base_url", "https://"),
        ("base_url", "https://gate.example.tw:port"),
        # LINE and Taipei Pass would come back to pages that are not there.
        ("base_url", "https://gate.example.tw/app"),
        ("redis_url", "redis://["),
        ("redis_url", "redis://cache:port"),
        ("heartbeat_url", "http://["),
        ("sms_api_base", "http://["),
        ("database_url", "sqlite://"),
        ("database_url", "sqlite:///:memory:"),
        ("database_url", "postgresql+psycopg2://gate@db/gate"),
        # A password that was not percent-encoded.
        ("database_url", "postgresql+psycopg://gate:pass@word@db/gate"),
        ("database_url", "postgresql+psycopg://gate:secret@db:port/gate"),
        ("staff_digest_at", "17:00+09:00"),
        ("maintenance_from", "00:10Z"),
        ("retention_taps_days", 9_999_999),
        ("retention_backups_days", 99_999_999_999),
    ],
)
def test_value_nothing_could_work_with_is_a_fault(name: str, value: object) -> None:
    assert _faults(**{name: value}) == {name.upper()}


@pytest.mark.parametrize("name", ["line_api_base", "taipei_pass_token_url"])
def test_address_that_is_none_is_a_fault_of_production(name: str) -> None:
    assert _faults(**{**PRODUCTION, name: "https://["}) == {name.upper()}
    assert _faults(**{**PRODUCTION, name: "https://"}) == {name.upper()}


def test_several_channel_secrets_are_valid_while_rotating() -> None:
    assert _load(line_channel_secret="new, old").channel_secrets == ["new", "old"]


def test_clock_without_a_zone_is_taipeis() -> None:
    start = _load(clock_now="2026-11-23T07:20:00").clock_start
    assert start is not None
    assert start.isoformat() == "2026-11-23T07:20:00+08:00"
