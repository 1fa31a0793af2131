"""The gate's fixtures: what is told begins with a tap."""

from tests.delivery.held_up import both, take
from tests.delivery.siblings import line, mother, walk
from tests.gate.conftest import client, make_signing_reader
from tests.notices.conftest import all_notices, mei, notify

__all__ = [
    "all_notices",
    "both",
    "client",
    "line",
    "make_signing_reader",
    "mei",
    "mother",
    "notify",
    "take",
    "walk",
]
