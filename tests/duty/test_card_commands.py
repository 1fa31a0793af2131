"""The card commands: a card is not taken from another child by a slip of the hand."""

import pytest
from click.testing import CliRunner, Result

from core.db import transaction
from core.duty.card_commands import card_commands
from core.gate.cards import holder_of
from core.house import House
from core.settings import Settings, load_settings
from tests.factories import card_uid_of, make_school, make_student

MINGS = card_uid_of("11510001")


@pytest.fixture
def settings(house: House, database_url: str) -> Settings:
    """Two children with a card each."""
    with transaction(house.engine) as session:
        make_school(session)
        for number in ("11510001", "11510002"):
            make_student(session, house, number=number)
    return load_settings(_env_file=None, database_url=database_url)


def give(settings: Settings, number: str, *more: str) -> Result:
    words = ["give", "--uid", MINGS, "--school", "353607", "--student-number", number, *more]
    return CliRunner().invoke(card_commands, words, obj=settings)


def test_card_of_another_child_is_taken_only_when_that_is_said(
    house: House, settings: Settings
) -> None:
    assert give(settings, "11510001").exit_code == 0
    refused = give(settings, "11510002")
    assert (refused.exit_code, "the card of 353607/11510001" in refused.output) == (1, True)
    assert give(settings, "11510002", "--moves").exit_code == 0
    with transaction(house.engine) as session:
        holder = holder_of(session, MINGS)
        assert holder is not None
        assert holder.student_number == "11510002"
