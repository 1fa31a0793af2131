"""Whether the way outside is open: LINE knows us and finds us, clocks agree, the others answer.

Nothing is sent to anybody, and nothing is changed.
"""

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import requests

from core.delivery.granting import NoToken, grant_token
from core.errors import Fault
from core.post.app_push import app_gateway
from core.post.reaching import direct_session
from core.post.smtp import greet, smtp_route, take_leave
from core.post_settings import MITAKE, SmsProvider
from core.settings import Settings

# Connect and read, seconds.
TIMEOUT = (3.05, 10)
MOST_SKEW_SECONDS = 30
WEBHOOK = "/line/webhook"


def outside_faults(settings: Settings) -> Iterator[Fault]:
    """Ask LINE, mail server, SMS firm and push gateway, each once. Takes up to a minute."""
    yield from _line(settings)
    yield from _mail(settings)
    yield from _sms(settings)
    yield from _app_push(settings)


def _line(settings: Settings) -> Iterator[Fault]:
    # Source: LINE docs, "Get bot info" and "Get webhook endpoint information".
    answer = _ask(settings, "/v2/bot/info")
    if answer is None:
        hint = "Open the way to it: DNS, firewall"
        yield Fault("LINE_API_BASE", "LINE does not answer", hint)
        return
    yield from _skew(answer)
    if answer.status_code == 429 or answer.status_code >= 500:
        # A token thrown away for LINE's own trouble would be gone for good.
        hint = "Look at api.line-status.info, and check again later"
        yield Fault("LINE_API_BASE", f"LINE is in trouble ({answer.status_code})", hint)
        return
    if answer.status_code != 200:
        hint = "Issue a long-lived token in the LINE Developers console"
        problem = f"LINE refuses it ({answer.status_code})"
        yield Fault("LINE_CHANNEL_ACCESS_TOKEN", problem, hint)
        return
    yield from _pushes(settings)
    endpoint = _ask(settings, "/v2/bot/channel/webhook/endpoint")
    told = _json(endpoint)
    wanted = f"{settings.base_url.rstrip('/')}{WEBHOOK}"
    if told.get("endpoint") != wanted:
        yield Fault("BASE_URL", f"LINE's webhook is not {wanted}", "Run: python app.py line-setup")
    elif not told.get("active"):
        hint = "Switch on Use webhook in the LINE Developers console"
        yield Fault("BASE_URL", "LINE's webhook is switched off", hint)


def _pushes(settings: Settings) -> Iterator[Fault]:
    """Fetch a token as senders do, where they fetch their own; one more takes none back."""
    if not settings.line_channel_id:
        return
    try:
        secret = settings.channel_secrets[0]
        grant_token(settings.line_api, settings.line_channel_id, secret, TIMEOUT)
    except NoToken as error:
        hint = "Compare it and LINE_CHANNEL_SECRET with Basic settings of the Messaging API channel"
        yield Fault("LINE_CHANNEL_ID", f"LINE gives no token to push with ({error})", hint)


def _skew(answer: requests.Response) -> Iterator[Fault]:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return
    skew = abs((datetime.now(UTC) - theirs).total_seconds())
    if skew > MOST_SKEW_SECONDS:
        hint = "Let chrony or systemd-timesyncd set the clock"
        yield Fault("clock", f"{skew:.0f} s off LINE's", hint)


def _ask(settings: Settings, path: str) -> requests.Response | None:
    token = settings.line_channel_access_token.get_secret_value()
    try:
        with direct_session() as session:
            return session.get(
                settings.line_api + path,
                headers={"Authorization": f"Bearer {token}"},
                timeout=TIMEOUT,
                allow_redirects=False,
            )
    except requests.RequestException:
        return None


def _json(answer: requests.Response | None) -> dict[str, Any]:
    try:
        told = answer.json() if answer is not None else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _mail(settings: Settings) -> Iterator[Fault]:
    route = smtp_route(settings)
    if route is None:
        return
    try:
        take_leave(greet(route))
    except smtplib.SMTPAuthenticationError:
        yield Fault("SMTP_URL", "the mail server refuses name or password", "Ask its owner")
    except (OSError, smtplib.SMTPException) as error:
        problem = f"the mail server does not answer ({type(error).__name__})"
        yield Fault("SMTP_URL", problem, "Check host, port and firewall")


def _sms(settings: Settings) -> Iterator[Fault]:
    if settings.sms_provider is not SmsProvider.MITAKE:
        return
    try:
        with direct_session() as session:
            session.head(settings.sms_api_base or MITAKE, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        problem = f"the SMS firm does not answer ({type(error).__name__})"
        yield Fault("SMS_API_BASE", problem, "Open the way to it: DNS, firewall, allowed addresses")


def _app_push(settings: Settings) -> Iterator[Fault]:
    gateway = app_gateway(settings)
    if gateway is None:
        return
    # One that never was: a gateway that lets us in does not know it.
    code = gateway.look(uuid4())
    if code is None:
        hint = "Open the way to it: DNS, firewall, allowed addresses"
        yield Fault("APP_PUSH_URL", "the push gateway does not answer", hint)
    elif code in (401, 403):
        yield Fault("APP_PUSH_KEY", f"the gateway refuses it ({code})", "Ask the bureau for a key")
    elif code != 404:
        problem = f"no push gateway we know: it answers {code}"
        yield Fault("APP_PUSH_URL", problem, "Check the path: /messages follows it")
