"""What every face of the product is handed by the composition root."""

import threading
from dataclasses import dataclass, field

from sqlalchemy import Engine

from core.clock import Clock
from core.crypto import Vault, parse_keys
from core.db import make_engine
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    """Settings, database, clock and keys of one process, and its wake-up bells.

    The bells only shorten a wait in the same process; the work itself is always found by query.
    """

    settings: Settings
    engine: Engine
    clock: Clock
    vault: Vault
    notices_due: threading.Event = field(default_factory=threading.Event)
    events_due: threading.Event = field(default_factory=threading.Event)


def build_house(settings: Settings) -> House:
    """Open the database and make clock and vault from checked settings."""
    vault = Vault(
        parse_keys(settings.data_keys.get_secret_value()),
        parse_keys(settings.index_keys.get_secret_value()),
    )
    return House(settings, make_engine(settings.database_url), Clock(settings.clock_start), vault)
