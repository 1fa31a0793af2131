"""Settings: read once from the environment, `.env` and secret files, checked as a whole."""

import base64
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from core.addresses import is_address, is_database, is_origin, parts_of
from core.bureau_login import BUREAU_ADDRESSES, BureauLogin, TokenAuth
from core.clock import TAIPEI
from core.crypto import parse_keys
from core.errors import ConfigError, Fault
from core.loopback import is_loopback
from core.post_settings import PostSettings, post_faults, strict_post_faults
from core.secret_faults import secret_faults
from core.secret_files import SecretFiles

# LINE's limit for push is 2,000/s; above 1,800 no room is left for retries.
PUSH_CEILING = 1800
DEVELOPMENT = "development-only-"
# Below https://id.taipei. Source: the city's open dashboard and TownPass code.
PASS_PATHS = {
    "authorize": "/tpcd/oauth/authorize",
    "token": "/tpcd/oauth/token",
    "profile": "/tpcd/api/v1.0.9/user/my",
    "logout": "/tpcd/oauth/logout",
}
# A century: longer would lie before the calendar's first year, and the purge would stop over it.
Days = Annotated[int, Field(le=36_525)]


class AppEnv(StrEnum):
    """Where the program runs."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


def _development_key(key_id: str) -> str:
    padded = f"{DEVELOPMENT}{key_id}".ljust(32, ".")[:32]
    return f"{key_id}:{base64.b64encode(padded.encode()).decode()}"


class Settings(BureauLogin, PostSettings):
    """Everything an operator can set. Names are the environment's, in lower case here."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    app_env: AppEnv = AppEnv.DEVELOPMENT
    database_url: str = "sqlite:///var/gate.db"
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65534)
    proxy_hops: int = Field(default=0, ge=0, le=5)
    redis_url: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr(f"{DEVELOPMENT}session-signing-key")
    secret_key_fallbacks: SecretStr = SecretStr("")
    data_keys: SecretStr = SecretStr(_development_key("d0"))
    index_keys: SecretStr = SecretStr(_development_key("i0"))
    line_channel_secret: SecretStr = SecretStr("sandbox-channel-secret")
    line_channel_access_token: SecretStr = SecretStr("sandbox-channel-token")
    line_channel_id: str = ""
    line_login_channel_id: str = "1660000001"
    line_login_channel_secret: SecretStr = SecretStr("")
    liff_id: str = "1660000001-sandbox1"
    line_api_base: str = ""
    line_data_api_base: str = ""
    line_access_base: str = ""
    liff_sdk_url: str = ""
    line_push_per_second: int = Field(default=1000, ge=1, le=PUSH_CEILING)
    line_quota_reserve: int = Field(default=0, ge=0)
    taipei_pass_authorize_url: str = ""
    taipei_pass_token_url: str = ""
    taipei_pass_profile_url: str = ""
    taipei_pass_logout_url: str = ""
    taipei_pass_client_id: str = "sandbox-taipei-pass"
    taipei_pass_client_secret: SecretStr = SecretStr("sandbox-taipei-pass-secret")
    taipei_pass_token_auth: TokenAuth = TokenAuth.POST
    taipei_pass_pkce: bool = False
    hotline: str = "02-2758-9171"
    pass_line: str = "1999 轉 8585"
    # 1999 answers inside the city only.
    pass_line_outside: str = "02-2720-8889 轉 8585"
    privacy_line: str = "02-2720-8889 轉 2844"
    staff_digest_at: time = time(17)
    maintenance_from: time = time(0, 10)
    maintenance_until: time = time(0, 30)
    maintenance_notice_minutes: int = Field(default=20, ge=0, le=240)
    metrics_token: SecretStr = SecretStr("")
    canary_line_user_id: str = Field(default="", pattern=r"^(U[0-9a-f]{32})?$")
    heartbeat_file: str = ""
    heartbeat_url: str = ""
    backup_folder: str = "var/backups"
    postgresql_bin: str = ""
    tombstones_file: str = "var/tombstones"
    retention_taps_days: Days = Field(default=30, ge=1)
    retention_attendance_days: Days = Field(default=30, ge=1)
    retention_notice_text_days: Days = Field(default=7, ge=1)
    retention_notices_days: Days = Field(default=90, ge=7)
    retention_events_days: Days = Field(default=30, ge=7)
    retention_attempts_days: Days = Field(default=180, ge=1)
    retention_audit_days: Days = Field(default=1827, ge=180)
    retention_sessions_days: Days = Field(default=30, ge=1)
    retention_ended_days: Days = Field(default=1827, ge=30)
    retention_counts_days: Days = Field(default=400, ge=60)
    retention_backups_days: Days = Field(default=35, ge=1)
    retention_announcements_days: Days = Field(default=400, ge=60)
    retention_orders_days: Days = Field(default=30, ge=1)
    channel_check_days: int = Field(default=30, ge=0, le=120)
    make_up_request_days: int = Field(default=3, ge=0, le=6)
    incident_report_hours: int = Field(default=72, ge=1, le=720)
    clock_now: datetime | None = None

    @property
    def is_production(self) -> bool:
        """Tell whether the strict rules hold."""
        return self.app_env is AppEnv.PRODUCTION

    @property
    def sandbox_origin(self) -> str:
        """Return the sandbox's address: one port above ours."""
        parts = urlsplit(self.base_url)
        return f"http://127.0.0.1:{(parts.port or 8000) + 1}"

    @property
    def line_api(self) -> str:
        """Return the Messaging API's origin: LINE's in production, the sandbox's otherwise."""
        return self._outside(self.line_api_base, "https://api.line.me", "")

    @property
    def line_data_api(self) -> str:
        """Return the origin for images and other content."""
        return self._outside(self.line_data_api_base, "https://api-data.line.me", "")

    @property
    def line_access(self) -> str:
        """Return the origin of LINE's own sign-in pages."""
        return self._outside(self.line_access_base, "https://access.line.me", "")

    @property
    def liff_sdk(self) -> str:
        """Return the LIFF SDK's address. Source: LIFF docs, "CDN fixed path"."""
        cdn = "https://static.line-scdn.net/liff/edge/versions/2.31.0/sdk.js"
        return self._outside(self.liff_sdk_url, cdn, "/liff-sdk.js")

    def taipei_pass(self, name: str) -> str:
        """Return the address of `authorize`, `token`, `profile` or `logout`."""
        own: str = getattr(self, f"taipei_pass_{name}_url")
        return self._outside(own, f"https://id.taipei{PASS_PATHS[name]}", PASS_PATHS[name])

    def _outside(self, own: str, real: str, sandbox_path: str) -> str:
        if own:
            return own.rstrip("/")
        return real if self.is_production else f"{self.sandbox_origin}{sandbox_path}"

    @property
    def channel_secrets(self) -> list[str]:
        """Return the channel secrets that are valid now; several while rotating."""
        return _several(self.line_channel_secret)

    @property
    def old_secret_keys(self) -> list[str]:
        """Return former signing keys whose signatures still count."""
        return _several(self.secret_key_fallbacks)

    @property
    def clock_start(self) -> datetime | None:
        """Return where a shifted clock starts, aware; a time without zone is Taipei's."""
        if self.clock_now is None or self.clock_now.tzinfo is not None:
            return self.clock_now
        return self.clock_now.replace(tzinfo=TAIPEI)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the environment, secret files, `.env`."""
        return init_settings, env_settings, SecretFiles(settings_cls), dotenv_settings


def _several(secret: SecretStr) -> list[str]:
    parts = secret.get_secret_value().split(",")
    return [part.strip() for part in parts if part.strip()]


def load_settings(**given: Any) -> Settings:
    """Return checked settings. Raises ConfigError with every fault at once, each with a hint."""
    faults: list[Fault] = []
    try:
        settings = Settings(**given)
    except ValidationError as error:
        faults = [_fault(dict(item)) for item in error.errors()]
        wrong = {str(item["loc"][0]).lower() for item in error.errors()}
        defaults = {name: Settings.model_fields[name].default for name in wrong}
        settings = Settings(**{**given, **defaults})
    except (OSError, UnicodeDecodeError):
        # The files of secrets say so themselves.
        hint = "Let the program's user read it, and write it in UTF-8"
        raise ConfigError([Fault(".env", "the file can't be read", hint)]) from None
    faults += _general_faults(settings)
    if settings.is_production:
        faults += _production_faults(settings)
    if faults:
        raise ConfigError(faults)
    return settings


def _fault(error: dict[str, Any]) -> Fault:
    # The value itself is left out: it may be a secret.
    name = str(error["loc"][0]).upper()
    return Fault(name, str(error["msg"]), "See docs/configuration.md")


def _general_faults(settings: Settings) -> list[Fault]:
    faults = []
    for name in ("data_keys", "index_keys"):
        try:
            parse_keys(getattr(settings, name).get_secret_value())
        except ValueError:
            hint = "Write id:base64, newest first; `openssl rand -base64 32` makes a key"
            faults.append(Fault(name.upper(), "not a list of 32-byte keys", hint))
    if not is_database(settings.database_url):
        hint = (
            "Use sqlite:///var/gate.db or postgresql+psycopg://user:password@host/name, with %40 "
            "for an @ in the password"
        )
        faults.append(Fault("DATABASE_URL", "not a database address we know", hint))
    redis_url = settings.redis_url.get_secret_value()
    if redis_url and not is_address(redis_url, ("redis", "rediss")):
        hint = "Write redis://host:6379/0, or rediss:// over TLS"
        faults.append(Fault("REDIS_URL", "not an address of Redis", hint))
    if not is_origin(settings.base_url):
        hint = "Write https://gate.example.tw, with nothing behind the host"
        faults.append(Fault("BASE_URL", "not an address, or more than one of a host", hint))
    for name in ("staff_digest_at", "maintenance_from", "maintenance_until"):
        if getattr(settings, name).tzinfo is not None:
            faults.append(Fault(name.upper(), "names a zone", "Write 17:00: it is Taipei's"))
    faults += post_faults(settings)
    if settings.app_push_url and not settings.has_bureau_login:
        hint = "Set BUREAU_LOGIN_CLIENT_ID: by it guardians connect the app; or leave this out"
        faults.append(Fault("APP_PUSH_URL", "nobody could connect the app", hint))
    if settings.heartbeat_url and not _is_safe(settings.heartbeat_url):
        hint = "Write an https address, or one of this machine"
        faults.append(Fault("HEARTBEAT_URL", "neither https nor loopback", hint))
    return faults


def _production_faults(settings: Settings) -> list[Fault]:
    faults = secret_faults(settings)
    for name in ("line_login_channel_id", "liff_id", "taipei_pass_client_id"):
        if getattr(settings, name) in ("", Settings.model_fields[name].default):
            hint = "Copy it from the LINE Developers console, or from what Taipei Pass issued"
            faults.append(Fault(name.upper(), "empty or still the development value", hint))
    for name, url in _addresses(settings).items():
        faults += _address_faults(name, url)
    if settings.has_bureau_login and not settings.bureau_login_client_secret.get_secret_value():
        hint = "Set it, or leave BUREAU_LOGIN_CLIENT_ID empty"
        faults.append(Fault("BUREAU_LOGIN_CLIENT_SECRET", "empty", hint))
    faults += strict_post_faults(settings)
    if settings.clock_now is not None:
        faults.append(Fault("CLOCK_NOW", "set in production", "Remove it"))
    return faults


def _addresses(settings: Settings) -> dict[str, str]:
    bureau = BUREAU_ADDRESSES if settings.has_bureau_login else ()
    return {
        "BASE_URL": settings.base_url,
        "LINE_API_BASE": settings.line_api,
        "LINE_DATA_API_BASE": settings.line_data_api,
        "LIFF_SDK_URL": settings.liff_sdk,
        "LINE_ACCESS_BASE": settings.line_access,
        **{name.upper(): getattr(settings, name) for name in bureau},
        **({"SMS_API_BASE": settings.sms_api_base} if settings.sms_api_base else {}),
        **({"APP_PUSH_URL": settings.app_push_url} if settings.app_push_url else {}),
        **{f"TAIPEI_PASS_{name.upper()}_URL": settings.taipei_pass(name) for name in PASS_PATHS},
    }


def _address_faults(name: str, url: str) -> list[Fault]:
    faults = []
    if not is_address(url, ("https",)):
        faults.append(Fault(name, "not an https address", "Production talks https only"))
    if is_loopback(parts_of(url).hostname or ""):
        faults.append(Fault(name, "a sandbox address", "Name the real host"))
    return faults


def _is_safe(url: str) -> bool:
    is_local = is_address(url, ("http",)) and is_loopback(parts_of(url).hostname or "")
    return is_local or is_address(url, ("https",))
