"""E-mail, text messages and app push as an operator sets them; off in production while unset."""

import re
from enum import StrEnum

from pydantic import SecretStr
from pydantic_settings import BaseSettings

from core.addresses import is_address, parts_of
from core.errors import Fault
from core.loopback import is_loopback

SANDBOX_MAIL_FROM = "no-reply@sandbox.example"
SANDBOX_SMS_USERNAME = "sandbox"
SANDBOX_SMS_PASSWORD = "sandbox-sms-password"  # noqa: S105  # the sandbox's own, known to all
SANDBOX_SMS_CALLBACK_SECRET = "sandbox-sms-callback-secret"  # noqa: S105  # known to all
SANDBOX_APP_PUSH_KEY = "sandbox-app-push-key"
SHORTEST_SECRET = 32
# With the sign of a letter and its host it must stay an address. Source: RFC 5321, 4.5.3.1.1.
RETURN_ADDRESS = re.compile(r"[\w.-]{1,20}@[\w-]+(\.[\w-]+)+", re.ASCII)
MITAKE = "https://smsapi.mitake.com.tw"


class SmsProvider(StrEnum):
    """Whose HTTP the text messages go by; the sandbox speaks Mitake's."""

    NONE = ""
    SANDBOX = "sandbox"
    MITAKE = "mitake"


class PostSettings(BaseSettings):
    """The part of the settings about e-mail, text messages and app push."""

    smtp_url: SecretStr = SecretStr("")
    mail_from: str = SANDBOX_MAIL_FROM
    bounce_address: str = ""
    bounce_mailbox_url: SecretStr = SecretStr("")
    sms_provider: SmsProvider = SmsProvider.NONE
    sms_api_base: str = ""
    sms_username: str = SANDBOX_SMS_USERNAME
    sms_password: SecretStr = SecretStr(SANDBOX_SMS_PASSWORD)
    sms_callback_secret: SecretStr = SecretStr(SANDBOX_SMS_CALLBACK_SECRET)
    app_push_url: str = ""
    app_push_key: SecretStr = SecretStr("")


def post_faults(settings: PostSettings) -> list[Fault]:
    """Return what is wrong with these settings anywhere."""
    faults = []
    smtp_url = settings.smtp_url.get_secret_value()
    if smtp_url and not is_address(smtp_url, ("smtp", "smtps")):
        hint = "Write smtp://user:password@host:port, or smtps:// for TLS from the first byte"
        faults.append(Fault("SMTP_URL", "not the address of a mail server", hint))
    if "@" not in settings.mail_from or any(sign.isspace() for sign in settings.mail_from):
        faults.append(Fault("MAIL_FROM", "not an address", "Write no-reply@gate.example.tw"))
    faults += _bounce_faults(settings)
    if settings.sms_api_base and not is_address(settings.sms_api_base):
        faults.append(Fault("SMS_API_BASE", "not an address", f"Write {MITAKE}, or leave it out"))
    return faults + _app_push_faults(settings)


def strict_post_faults(settings: PostSettings) -> list[Fault]:
    """Return what production refuses: a channel that is half set up, or the sandbox's values."""
    faults = []
    if is_loopback(parts_of(settings.smtp_url.get_secret_value()).hostname or ""):
        faults.append(Fault("SMTP_URL", "a sandbox address", "Name the real host"))
    if settings.smtp_url.get_secret_value() and settings.mail_from == SANDBOX_MAIL_FROM:
        hint = "Name the address letters come from"
        faults.append(Fault("MAIL_FROM", "still the development value", hint))
    if settings.sms_provider is SmsProvider.SANDBOX:
        faults.append(Fault("SMS_PROVIDER", "the sandbox", "Write mitake, or leave it out"))
    if settings.sms_provider is SmsProvider.MITAKE:
        hint = "Set it to what the firm gave you, or leave SMS_PROVIDER out"
        if settings.sms_username in ("", SANDBOX_SMS_USERNAME):
            faults.append(Fault("SMS_USERNAME", "empty, or the development value", hint))
        if settings.sms_password.get_secret_value().strip() in ("", SANDBOX_SMS_PASSWORD):
            faults.append(Fault("SMS_PASSWORD", "empty, or the development value", hint))
        secret = settings.sms_callback_secret.get_secret_value().strip()
        if len(secret) < SHORTEST_SECRET or secret == SANDBOX_SMS_CALLBACK_SECRET:
            hint = "Set it to 32 random signs or more: openssl rand -hex 32"
            faults.append(
                Fault("SMS_CALLBACK_SECRET", "short or still the development value", hint)
            )
    if settings.app_push_key.get_secret_value() == SANDBOX_APP_PUSH_KEY:
        hint = "Set it to the key the bureau issued, or leave APP_PUSH_URL out"
        faults.append(Fault("APP_PUSH_KEY", "still the development value", hint))
    return faults


def _app_push_faults(settings: PostSettings) -> list[Fault]:
    url, key = settings.app_push_url, settings.app_push_key.get_secret_value().strip()
    faults = []
    if url and not is_address(url):
        hint = "Write https://push.example.tw/v1, or leave it out"
        faults.append(Fault("APP_PUSH_URL", "not an address", hint))
    if bool(url) != bool(key):
        hint = "Set APP_PUSH_URL and APP_PUSH_KEY together, or neither"
        faults.append(Fault("APP_PUSH_URL", "half set up", hint))
    return faults


def _bounce_faults(settings: PostSettings) -> list[Fault]:
    address, url = settings.bounce_address, settings.bounce_mailbox_url.get_secret_value()
    faults = []
    if address and not RETURN_ADDRESS.fullmatch(address):
        hint = "Write bounces@gate.example.tw; its name may have 20 signs and no +"
        faults.append(Fault("BOUNCE_ADDRESS", "not an address letters can come back to", hint))
    if url and not is_address(url, ("imap", "imaps")):
        hint = "Write imaps://user:password@host:port"
        faults.append(Fault("BOUNCE_MAILBOX_URL", "not the address of a mailbox", hint))
    elif url.startswith("imap:") and not is_loopback(parts_of(url).hostname or ""):
        hint = "Write imaps://: the password must not travel in clear"
        faults.append(Fault("BOUNCE_MAILBOX_URL", "neither TLS nor loopback", hint))
    if bool(address) != bool(url):
        hint = "Set BOUNCE_ADDRESS and BOUNCE_MAILBOX_URL together, or neither"
        faults.append(Fault("BOUNCE_ADDRESS", "half set up", hint))
    return faults
