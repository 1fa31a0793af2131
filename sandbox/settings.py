"""What the sandbox is told at its start, from options and environment."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sandbox.clock import parse_instant
from sandbox.wire.loopback import require_loopback_host, require_loopback_url

# Long-lived channel tokens are about 172 base64 characters; v2.1 and stateless ones are JWTs.
_REAL_TOKEN = re.compile(r"[A-Za-z0-9+/]{100,}={0,2}|eyJ[\w-]+\.[\w-]+\.[\w-]+")

_FROM_ENVIRONMENT = {
    "LINE_CHANNEL_SECRET": "sandbox-channel-secret",
    "LINE_CHANNEL_ACCESS_TOKEN": "sandbox-channel-token",
    "LINE_LOGIN_CHANNEL_ID": "1660000001",
    "LINE_LOGIN_CHANNEL_SECRET": "sandbox-login-secret",
    "LIFF_ID": "1660000001-sandbox1",
    "TAIPEI_PASS_CLIENT_ID": "sandbox-taipei-pass",
    "TAIPEI_PASS_CLIENT_SECRET": "sandbox-taipei-pass-secret",
    "BUREAU_LOGIN_CLIENT_ID": "sandbox-bureau",
    "BUREAU_LOGIN_CLIENT_SECRET": "sandbox-bureau-secret",
    "APP_PUSH_KEY": "sandbox-app-push-key",
    "SMS_USERNAME": "sandbox",
    "SMS_PASSWORD": "sandbox-sms-password",
    "SMS_CALLBACK_SECRET": "sandbox-sms-callback-secret",
    "CLOCK_NOW": "",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """`redelivery_seconds` is real time; 0 turns webhook redelivery off.

    `state_file` is where the world is remembered over a restart, "" for nowhere.
    """

    line_channel_secret: str
    line_channel_access_token: str
    line_login_channel_id: str
    liff_id: str
    taipei_pass_client_id: str
    taipei_pass_client_secret: str
    line_login_channel_secret: str = "sandbox-login-secret"
    bureau_login_client_id: str = "sandbox-bureau"
    bureau_login_client_secret: str = "sandbox-bureau-secret"
    app_push_key: str = "sandbox-app-push-key"
    sms_username: str = "sandbox"
    sms_password: str = "sandbox-sms-password"
    sms_callback_secret: str = "sandbox-sms-callback-secret"
    sms_receipts_url: str = ""
    more_redirect_uris: tuple[str, ...] = ()
    smtp_port: int | None = None
    clock_now: datetime | None = None
    host: str = "127.0.0.1"
    port: int = 8001
    app_url: str = "http://127.0.0.1:8000"
    sample: Path = Path("var/sample.json")
    clock_url: str = ""
    redelivery_seconds: float = 3.0
    billing_zone_hours: float = 9.0
    state_file: str = ""
    heartbeat_seconds: float = 30.0

    @property
    def origin(self) -> str:
        """Return the sandbox's own address."""
        return f"http://{self.host}:{self.port}"

    @property
    def receipts_url(self) -> str:
        """Return where delivery receipts are posted that no order named an address for."""
        return self.sms_receipts_url or f"{self.app_url}/sms/receipts/sandbox"

    @property
    def mail_port(self) -> int:
        """Return the port for mail: the one after our own, unless another is set."""
        return self.port + 1 if self.smtp_port is None else self.smtp_port

    @property
    def liff_endpoint(self) -> str:
        """Return the endpoint URL registered for the LIFF app."""
        return f"{self.app_url}/liff/"


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Return checked settings; options win over the environment.

    Raises ValueError (OutsideError included) with a sentence for the person at the keyboard.
    """
    options = _parser(environment).parse_args(arguments)
    if _REAL_TOKEN.fullmatch(options.line_channel_access_token):
        raise ValueError("LINE_CHANNEL_ACCESS_TOKEN looks like a real one; the sandbox refuses it")
    return Settings(
        line_channel_secret=options.line_channel_secret,
        line_channel_access_token=options.line_channel_access_token,
        line_login_channel_id=options.line_login_channel_id,
        liff_id=options.liff_id,
        taipei_pass_client_id=options.taipei_pass_client_id,
        taipei_pass_client_secret=options.taipei_pass_client_secret,
        line_login_channel_secret=options.line_login_channel_secret,
        bureau_login_client_id=options.bureau_login_client_id,
        bureau_login_client_secret=options.bureau_login_client_secret,
        app_push_key=options.app_push_key,
        sms_username=options.sms_username,
        sms_password=options.sms_password,
        sms_callback_secret=options.sms_callback_secret,
        sms_receipts_url=_loopback_or_none(options.sms_receipts_url),
        smtp_port=options.smtp_port,
        more_redirect_uris=tuple(require_loopback_url(uri) for uri in options.redirect_uri),
        clock_now=parse_instant(options.clock_now) if options.clock_now else None,
        host=require_loopback_host(options.host),
        port=options.port,
        app_url=require_loopback_url(options.app_url),
        sample=options.sample,
        clock_url=_loopback_or_none(options.clock_url),
        redelivery_seconds=options.redelivery_seconds,
        billing_zone_hours=options.billing_zone_hours,
        state_file=options.state_file,
        heartbeat_seconds=options.heartbeat_seconds,
    )


def _loopback_or_none(url: str) -> str:
    return require_loopback_url(url) if url else ""


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback only")
    parser.add_argument("--port", type=int, default=8001, help="0 takes any free port")
    parser.add_argument("--app-url", default="http://127.0.0.1:8000")
    parser.add_argument("--sample", type=Path, default=Path("var/sample.json"))
    parser.add_argument("--clock-url", default="", help="where clock jumps are passed on")
    parser.add_argument("--sms-receipts-url", default="", help="by default the app's")
    parser.add_argument(
        "--redirect-uri", action="append", default=[], help="one more address sign-ins return to"
    )
    parser.add_argument("--smtp-port", type=int, help="by default the one after --port; 0 for any")
    parser.add_argument("--redelivery-seconds", type=float, default=3.0)
    parser.add_argument(
        "--billing-zone-hours", type=float, default=9.0, help="hours from UTC at which months turn"
    )
    parser.add_argument("--state-file", default="", help="where to remember over a restart")
    parser.add_argument("--heartbeat-seconds", type=float, default=30.0)
    for name, default in _FROM_ENVIRONMENT.items():
        option = "--" + name.lower().replace("_", "-")
        parser.add_argument(option, default=environment.get(name) or default)
    return parser
