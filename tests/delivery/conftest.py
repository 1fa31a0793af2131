"""The gate's fixtures: what is told begins with a tap."""

from tests.gate.conftest import client, make_signing_reader
from tests.notices.conftest import all_notices, line, mei, notify

__all__ = ["all_notices", "client", "line", "make_signing_reader", "mei", "notify"]
