"""The border of the sandbox: nothing outside loopback is listened on, sent to or redirected to."""

import ipaddress
from urllib.parse import urlsplit

import urllib3


class OutsideError(ValueError):
    """An address that is not on this machine."""


def require_loopback_host(host: str) -> str:
    """Return the host, or raise OutsideError when it is not loopback."""
    if host != "localhost" and not _is_loopback_ip(host):
        raise OutsideError(f"the sandbox only talks to loopback, not to {host!r}")
    return host


def require_loopback_url(url: str) -> str:
    """Return the URL without a trailing slash, or raise OutsideError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise OutsideError(f"not an http address: {url!r}")
    require_loopback_host(parts.hostname or "")
    return url.rstrip("/")


def _is_loopback_ip(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class LoopbackClient:
    """An HTTP client that follows no redirects, repeats nothing and never leaves the machine."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=8, retries=False)

    def post(
        self, url: str, body: bytes, headers: dict[str, str], *, timeout_seconds: float
    ) -> tuple[int, bytes]:
        """Send the exact bytes and return status and body; raises as `send` does."""
        answer = self.send(url, body, headers, timeout_seconds=timeout_seconds)
        return answer.status, answer.data

    def send(
        self, url: str, body: bytes, headers: dict[str, str], *, timeout_seconds: float
    ) -> urllib3.BaseHTTPResponse:
        """POST the exact bytes and return the whole answer.

        Raises OutsideError for a foreign address, urllib3.exceptions.HTTPError when nobody answers.
        """
        require_loopback_url(url)
        return self._pool.request(
            "POST",
            url,
            body=body,
            headers=headers,
            redirect=False,
            timeout=urllib3.Timeout(total=timeout_seconds),
        )
