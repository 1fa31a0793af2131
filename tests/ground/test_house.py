"""The bells of a house."""

import pytest

from core.house import Bell


def test_bell_rings_elsewhere_only_while_somebody_listens() -> None:
    bell, heard = Bell(), list[str]()
    with bell.telling(lambda: heard.append("first")):
        with pytest.raises(LookupError), bell.telling(lambda: heard.append("broken")):
            bell.set()
            raise LookupError
        bell.set()
    bell.set()
    assert heard == ["first", "broken", "first"]


def test_listener_who_leaves_at_the_ring_hushes_nobody() -> None:
    bell, heard = Bell(), list[str]()
    leaving = bell.telling(lambda: leaving.__exit__(None, None, None))
    leaving.__enter__()
    with bell.telling(lambda: heard.append("second")):
        bell.set()
    assert heard == ["second"]
