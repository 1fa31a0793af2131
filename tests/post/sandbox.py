"""The sandbox's mailbox and text message firm, and settings that point there."""

from typing import Any
from urllib.parse import urlsplit

from core.settings import Settings, load_settings
from tests.sandbox.client import SandboxClient


def settings_for(sandbox: SandboxClient, **more: object) -> Settings:
    """Return settings by which post goes to the sandbox."""
    mailbox = urlsplit(sandbox.get("/mail/address").json()["smtp"])
    given = {
        "smtp_url": f"smtp://{mailbox.hostname}:{mailbox.port}",
        "sms_api_base": f"{sandbox.origin}/sms",
        "sms_provider": "sandbox",
        **more,
    }
    return load_settings(_env_file=None, **given)


def letters_in(sandbox: SandboxClient) -> list[dict[str, Any]]:
    """Return the letters that arrived, oldest first."""
    found: list[dict[str, Any]] = sandbox.get("/mail/messages").json()
    return found


def texts_in(sandbox: SandboxClient) -> list[dict[str, Any]]:
    """Return the text messages the firm took, oldest first."""
    found: list[dict[str, Any]] = sandbox.get("/sms/messages").json()
    return found


def plan(sandbox: SandboxClient, where: str, **row: object) -> None:
    """Plan one mishap of /mail/plan, /sms/plan or /faults."""
    assert sandbox.post(where, [row]).status_code == 204
