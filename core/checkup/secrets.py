"""Whether secrets are worth their name. Nothing here quotes one."""

import re
from collections.abc import Iterator

from core.crypto import parse_keys
from core.errors import Fault
from core.settings import Settings

LEAST_SIGNS = 32
LEAST_KINDS = 10
MAKE = "`openssl rand -base64 48` makes one"
# Source: LINE Developers console: a channel secret is 32 hexadecimal digits.
CHANNEL_SECRET = re.compile(r"[0-9a-f]{32}", re.ASCII)


def secret_faults(settings: Settings) -> Iterator[Fault]:
    """Return what is weak or mistaken among the secrets of production."""
    keys = {"SECRET_KEY": settings.secret_key.get_secret_value()}
    if token := settings.metrics_token.get_secret_value():
        keys["METRICS_TOKEN"] = token
    for name, value in keys.items():
        if len(value) < LEAST_SIGNS or len(set(value)) < LEAST_KINDS:
            yield Fault(name, "too easy to guess", f"Take {LEAST_SIGNS} random signs; {MAKE}")
    sealing = parse_keys(settings.data_keys.get_secret_value())
    finding = parse_keys(settings.index_keys.get_secret_value())
    if {one.secret for one in sealing} & {one.secret for one in finding}:
        yield Fault("INDEX_KEYS", "holds a key of DATA_KEYS", "Make one of its own: keys new")
    for name, listed in (("DATA_KEYS", sealing), ("INDEX_KEYS", finding)):
        if any(len(set(one.secret)) < LEAST_KINDS for one in listed):
            yield Fault(name, "a key is no random bytes", "Make one: python app.py keys new")
    if not all(CHANNEL_SECRET.fullmatch(one) for one in settings.channel_secrets):
        hint = "Copy it from Basic settings in the LINE Developers console"
        yield Fault("LINE_CHANNEL_SECRET", "does not look like one", hint)


def liff_faults(settings: Settings) -> Iterator[Fault]:
    """Return whether the LIFF app can belong to the login channel. Source: LIFF docs, "LIFF ID"."""
    channel, _, rest = settings.liff_id.partition("-")
    if channel != settings.line_login_channel_id or not rest:
        hint = "A LIFF id begins with the id of its LINE Login channel, then a hyphen"
        yield Fault("LIFF_ID", "not of the channel LINE_LOGIN_CHANNEL_ID", hint)
