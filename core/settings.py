"""Settings: read once from the environment, `.env` and secret files, checked as a whole."""

import base64
import ipaddress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.clock import TAIPEI
from core.crypto import parse_keys
from core.errors import ConfigError, Fault

# LINE's limit for push is 2,000/s; above 1,800 no room is left for retries.
PUSH_CEILING = 1800
DEVELOPMENT = "development-only-"


class AppEnv(StrEnum):
    """Where the program runs."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class TokenAuth(StrEnum):
    """How the client proves itself at Taipei Pass's token endpoint."""

    POST = "client_secret_post"
    BASIC = "client_secret_basic"


def _development_key(key_id: str) -> str:
    padded = f"{DEVELOPMENT}{key_id}".ljust(32, ".")[:32]
    return f"{key_id}:{base64.b64encode(padded.encode()).decode()}"


class Settings(BaseSettings):
    """Everything an operator can set. Names are the environment's, in lower case here."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    app_env: AppEnv = AppEnv.DEVELOPMENT
    database_url: str = "sqlite:///var/gate.db"
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65534)
    secret_key: SecretStr = SecretStr(f"{DEVELOPMENT}session-signing-key")
    secret_key_fallbacks: SecretStr = SecretStr("")
    data_keys: SecretStr = SecretStr(_development_key("d0"))
    index_keys: SecretStr = SecretStr(_development_key("i0"))
    line_channel_secret: SecretStr = SecretStr("sandbox-channel-secret")
    line_channel_access_token: SecretStr = SecretStr("sandbox-channel-token")
    line_channel_id: str = ""
    line_login_channel_id: str = "1660000001"
    liff_id: str = "1660000001-sandbox1"
    line_api_base: str = ""
    line_data_api_base: str = ""
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
    hotline: str = "02-2758-9171"
    pass_line: str = "1999 轉 8585"
    privacy_line: str = "02-2720-8889 轉 2844"
    metrics_token: SecretStr = SecretStr("")
    canary_line_user_id: str = Field(default="", pattern=r"^(U[0-9a-f]{32})?$")
    heartbeat_file: str = ""
    heartbeat_url: str = ""
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
    def liff_sdk(self) -> str:
        """Return the LIFF SDK's address. Source: LIFF docs, "CDN fixed path"."""
        cdn = "https://static.line-scdn.net/liff/edge/versions/2.31.0/sdk.js"
        return self._outside(self.liff_sdk_url, cdn, "/liff-sdk.js")

    def taipei_pass(self, name: str) -> str:
        """Return the address of `authorize`, `token`, `profile` or `logout`.

        Source: the city's open dashboard and TownPass code (paths below https://id.taipei/tpcd).
        """
        paths = {
            "authorize": "/tpcd/oauth/authorize",
            "token": "/tpcd/oauth/token",
            "profile": "/tpcd/api/v1.0.9/user/my",
            "logout": "/tpcd/oauth/logout",
        }
        own: str = getattr(self, f"taipei_pass_{name}_url")
        return self._outside(own, f"https://id.taipei{paths[name]}", paths[name])

    def _outside(self, own: str, real: str, sandbox_path: str) -> str:
        if own:
            return own.rstrip("/")
        return real if self.is_production else f"{self.sandbox_origin}{sandbox_path}"

    @property
    def channel_secrets(self) -> list[str]:
        """Return the channel secrets that are valid now; several while rotating."""
        parts = self.line_channel_secret.get_secret_value().split(",")
        return [part.strip() for part in parts if part.strip()]

    @property
    def old_secret_keys(self) -> list[str]:
        """Return former signing keys whose signatures still count."""
        parts = self.secret_key_fallbacks.get_secret_value().split(",")
        return [part.strip() for part in parts if part.strip()]

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


class SecretFiles(EnvSettingsSource):
    """Read a secret `NAME` from the file that `NAME_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the file's text without the line end; nothing for fields that are no secrets."""
        path, key, _ = super().get_field_value(field, f"{field_name}_file")
        if field.annotation is not SecretStr or not path:
            return None, field_name, False
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n"), key, False


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
    except (SettingsError, OSError):
        hint = "Let every NAME_FILE name a readable file"
        raise ConfigError([Fault("NAME_FILE", "a secret file can't be read", hint)]) from None
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
    try:
        backend = make_url(settings.database_url).get_backend_name()
    except ArgumentError:
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        hint = "Use sqlite:///var/gate.db or postgresql+psycopg://user:password@host/name"
        faults.append(Fault("DATABASE_URL", "not a database address we know", hint))
    if urlsplit(settings.base_url).scheme not in ("http", "https"):
        faults.append(Fault("BASE_URL", "not an address", "Write https://gate.example.tw"))
    if settings.heartbeat_url and not _is_safe(settings.heartbeat_url):
        hint = "Write an https address, or one of this machine"
        faults.append(Fault("HEARTBEAT_URL", "neither https nor loopback", hint))
    return faults


def _production_faults(settings: Settings) -> list[Fault]:
    faults = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if field.annotation is not SecretStr or name in _MAY_BE_EMPTY:
            continue
        if value == field.default or not value.get_secret_value().strip():
            hint = f"Set {name.upper()} or {name.upper()}_FILE to your own secret"
            faults.append(Fault(name.upper(), "empty or still the development value", hint))
    for name in ("line_login_channel_id", "liff_id", "taipei_pass_client_id"):
        if getattr(settings, name) in ("", Settings.model_fields[name].default):
            hint = "Copy it from the LINE Developers console, or from what Taipei Pass issued"
            faults.append(Fault(name.upper(), "empty or still the development value", hint))
    for name, url in _addresses(settings).items():
        faults += _address_faults(name, url)
    if settings.clock_now is not None:
        faults.append(Fault("CLOCK_NOW", "set in production", "Remove it"))
    return faults


_MAY_BE_EMPTY = ("secret_key_fallbacks", "metrics_token")


def _addresses(settings: Settings) -> dict[str, str]:
    names = ("authorize", "token", "profile", "logout")
    return {
        "BASE_URL": settings.base_url,
        "LINE_API_BASE": settings.line_api,
        "LINE_DATA_API_BASE": settings.line_data_api,
        "LIFF_SDK_URL": settings.liff_sdk,
        **{f"TAIPEI_PASS_{name.upper()}_URL": settings.taipei_pass(name) for name in names},
    }


def _address_faults(name: str, url: str) -> list[Fault]:
    parts = urlsplit(url)
    faults = []
    if parts.scheme != "https":
        faults.append(Fault(name, "not https", "Production talks https only"))
    if is_loopback(parts.hostname or ""):
        faults.append(Fault(name, "a sandbox address", "Name the real host"))
    return faults


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    return bool(parts.hostname) and (parts.scheme == "https" or is_local)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
