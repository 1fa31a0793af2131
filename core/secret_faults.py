"""Secrets that production refuses: empty ones, and those this repository tells the world."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from core.errors import Fault

MAY_BE_EMPTY = (
    "secret_key_fallbacks",
    "metrics_token",
    "redis_url",
    "line_login_channel_secret",
    "bureau_login_client_secret",
    # Asked for where the channel is switched on.
    "smtp_url",
    "bounce_mailbox_url",
    "sms_password",
    "sms_callback_secret",
    "app_push_key",
)


def secret_faults(settings: BaseSettings) -> list[Fault]:
    """Return what production refuses of the secrets among these settings."""
    fields = type(settings).model_fields.items()
    defaults = {name: one.default for name, one in fields if one.annotation is SecretStr}
    told = {part for default in defaults.values() for part in _parts(default)}
    faults = []
    for name, default in defaults.items():
        value = getattr(settings, name)
        if name in MAY_BE_EMPTY and value == default:
            continue
        own = _parts(value)
        if own & told or not own and name not in MAY_BE_EMPTY:
            hint = f"Set {name.upper()} or {name.upper()}_FILE to secrets of your own"
            faults.append(Fault(name.upper(), "empty, or holds a development value", hint))
    return faults


def _parts(value: SecretStr) -> set[str]:
    """Return the secrets of a list, a key without the name it goes by."""
    parts = value.get_secret_value().split(",")
    return {part.strip().rpartition(":")[2] for part in parts if part.strip()}
