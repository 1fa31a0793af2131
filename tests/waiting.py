"""Waiting for what another process or thread will do: looked for, never slept for."""

import time
from collections.abc import Callable
from typing import TypeVar

# A busy machine is no failure.
WAIT_SECONDS = 120
Found = TypeVar("Found")


def wait_for(
    look: Callable[[], Found | None], what: str, meanwhile: Callable[[], None] | None = None
) -> Found:
    """Look again and again, return the first thing found, and do something else in between."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        if meanwhile is not None:
            meanwhile()
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")
