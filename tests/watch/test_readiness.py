"""Ready means that taps are stored and somebody sends what comes of them."""

from datetime import timedelta
from uuid import uuid4

from app import assemble
from core.db import transaction
from core.delivery.slots import hold_slots, release
from core.house import House, build_house
from core.settings import Settings
from core.watch.readiness import readiness


def test_ready_while_a_sender_shows_itself(house: House) -> None:
    assert readiness(house) == {"database": "ok", "migrations": "ok", "worker": "silent"}
    sender = uuid4()
    with transaction(house.engine) as session:
        hold_slots(session, sender, house.clock.now())
    assert set(readiness(house).values()) == {"ok"}
    house.clock.move_to(house.clock.now() + timedelta(seconds=15))
    assert readiness(house)["worker"] == "silent", "a sender that stands still"
    with transaction(house.engine) as session:
        hold_slots(session, sender, house.clock.now())
        release(session, sender)
    assert readiness(house)["worker"] == "silent", "a sender that has ended"


def test_database_that_is_away_is_said_and_changes_no_liveness() -> None:
    nowhere = Settings(_env_file=None, database_url="postgresql+psycopg://gate@127.0.0.1:1/gate")
    client = assemble(build_house(nowhere)).test_client()
    away = client.get("/readyz")
    assert (away.status_code, away.get_json()["database"]) == (503, "away")
    assert client.get("/healthz").status_code == 200
