"""What every face of the product is handed by the composition root."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Engine

from core.clock import Clock
from core.crypto import Vault, parse_keys
from core.db import make_engine
from core.endings import keep_endings
from core.postgres import FOR_CALLERS
from core.sealed import hold_keys
from core.settings import Settings

# What PostgreSQL calls out to other processes when chat events were stored.
EVENTS_WRITTEN = "events_written"


class Bell(threading.Event):
    """A wake-up that can also ring elsewhere, such as in an event loop."""

    def __init__(self) -> None:
        super().__init__()
        self._told: list[Callable[[], None]] = []

    @contextmanager
    def telling(self, ring: Callable[[], None]) -> Iterator[None]:
        """Call `ring` too, from whatever thread, each time the bell is rung while inside."""
        self._told.append(ring)
        try:
            yield
        finally:
            self._told.remove(ring)

    def set(self) -> None:
        """Ring."""
        super().set()
        # Some thread may leave meanwhile.
        for ring in tuple(self._told):
            ring()


@dataclass(frozen=True, slots=True)
class House:
    """Settings, database, clock and keys of one process, and its wake-up bells.

    The bells only shorten a wait in the same process; the work itself is always found by query.
    """

    settings: Settings
    engine: Engine
    clock: Clock
    vault: Vault
    notices_due: Bell = field(default_factory=Bell)
    events_due: threading.Event = field(default_factory=threading.Event)
    letters_due: threading.Event = field(default_factory=threading.Event)


def build_house(settings: Settings) -> House:
    """Open the database and make clock and vault from checked settings."""
    vault = Vault(
        parse_keys(settings.data_keys.get_secret_value()),
        parse_keys(settings.index_keys.get_secret_value()),
    )
    engine = make_engine(settings.database_url)
    hold_keys(engine, vault)
    keep_endings(engine, Path(settings.tombstones_file))
    return House(settings, engine, Clock(settings.clock_start), vault)


def for_callers(house: House) -> House:
    """Return the house for threads somebody waits at: locks of others hold them up but shortly.

    They have connections of their own. SQLite's writers all take turns at one engine.
    """
    if house.engine.dialect.name == "sqlite":
        return house
    engine = make_engine(house.settings.database_url, FOR_CALLERS)
    hold_keys(engine, house.vault)
    keep_endings(engine, Path(house.settings.tombstones_file))
    return replace(house, engine=engine)
