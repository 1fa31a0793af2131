"""The sandbox's mailbox, text message firm and push gateway, and settings that point there."""

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


def with_app(sandbox: SandboxClient) -> dict[str, str]:
    """Return the settings by which app pushes go to the sandbox, too."""
    return {
        "app_push_url": f"{sandbox.origin}/app-push",
        "app_push_key": "sandbox-app-push-key",
        "bureau_login_client_id": "sandbox-bureau",
    }


def pushes_in(sandbox: SandboxClient) -> list[dict[str, Any]]:
    """Return the pushes the gateway showed, oldest first."""
    found: list[dict[str, Any]] = sandbox.get("/app-push/inbox").json()
    return found


def letters_in(sandbox: SandboxClient) -> list[dict[str, Any]]:
    """Return the letters that arrived, oldest first."""
    found: list[dict[str, Any]] = sandbox.get("/mail/messages").json()
    return found


def texts_in(sandbox: SandboxClient) -> list[dict[str, Any]]:
    """Return the text messages the firm took, oldest first."""
    found: list[dict[str, Any]] = sandbox.get("/sms/messages").json()
    return found


def plan(sandbox: SandboxClient, where: str, **row: object) -> None:
    """Plan one mishap of /mail/plan, /sms/plan, /app-push/plan or /faults."""
    assert sandbox.post(where, [row]).status_code == 204
