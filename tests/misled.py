"""A machine whose environment would lead requests astray."""

from pathlib import Path

import pytest

# Nobody listens there.
NOWHERE = "http://127.0.0.1:9"


def mislead(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Have proxies that are away, and a netrc with a password for this machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, NOWHERE)
        monkeypatch.setenv(name.upper(), NOWHERE)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    netrc = folder / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
