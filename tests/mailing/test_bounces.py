"""Letters that come back hours later, in the shapes of several servers, real and forged."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr

from core.db import snapshot, transaction
from core.delivery.ladder import climb
from core.house import House
from core.kinds import Channel
from core.mailing.bounces import take_mail
from core.mailing.return_path import return_path
from core.people.contacts import ContactSlot, contact_in
from core.people.tables import Guardian
from tests.mailing.conftest import (
    HOME,
    WORK,
    Family,
    arrive,
    correct,
    ends,
    later,
    miss,
    rows,
    verify,
)
from tests.mailing.reports import FAILING, MEANINGLESS, POSTFIX, SPAM, report
from tests.post.sandbox import letters_in
from tests.sandbox.client import SandboxClient

Send = Callable[[], int]
BOUNCES = "bounces@gate.example.tw"


@pytest.fixture
def town(town: House) -> House:
    """The town, its letters coming back to a mailbox."""
    given = {"bounce_address": BOUNCES, "bounce_mailbox_url": SecretStr("imap://127.0.0.1:1")}
    return replace(town, settings=town.settings.model_copy(update=given))


@pytest.fixture
def path(town: House, family: Family, send: Send, sandbox: SandboxClient) -> str:
    """A letter to Mei that was taken; where it comes back to, as its envelope said."""
    arrive(town, family)
    send()
    assert ends(town) == [("arrival", "accepted", "smtp_250")]
    return str(letters_in(sandbox)[-1]["envelope_from"])


def take(house: House, mail: bytes) -> bool:
    """Read one mail of the mailbox."""
    with transaction(house.engine) as session:
        return take_mail(session, house, mail, house.clock.now())


def is_verified(house: House, family: Family, slot: ContactSlot = ContactSlot.EMAIL1) -> bool:
    """Tell whether letters still go there."""
    with snapshot(house.engine) as session:
        guardian = session.get_one(Guardian, family.guardian_id)
        return contact_in(house.vault, guardian, slot).is_verified


def told(house: House) -> list[str]:
    """What Mei reads on LINE about her address."""
    found = rows(house, Channel.LINE)
    return [row.content.decode() for row in found if row.kind == "email_bounced"]


def nothing_changed(house: House, family: Family) -> bool:
    """Tell whether the address counts, the letter stands and nobody was told."""
    is_standing = ends(house) == [("arrival", "accepted", "smtp_250")]
    return is_verified(house, family) and is_standing and not told(house)


@pytest.mark.parametrize("server", FAILING)
def test_letter_that_comes_back_ends_the_address_and_is_told_on_line(
    town: House, family: Family, path: str, server: str
) -> None:
    assert take(town, report(FAILING[server], path, HOME))
    assert not is_verified(town, family)
    assert ends(town) == [("arrival", "refused", "bounced")]
    assert len(told(town)) == 1
    assert "m***@example.org" in told(town)[0]


def test_same_report_twice_is_told_once_and_never_undoes_a_new_proof(
    town: House, family: Family, path: str
) -> None:
    mail = report(POSTFIX, path, HOME)
    assert take(town, mail)
    assert not take(town, mail)
    verify(town, family)
    assert not take(town, mail)
    assert is_verified(town, family)
    assert len(told(town)) == 1


@pytest.mark.parametrize("kind", MEANINGLESS)
def test_what_says_of_no_failure_changes_nothing(
    town: House, family: Family, path: str, kind: str
) -> None:
    assert not take(town, report(MEANINGLESS[kind], path, HOME))
    assert nothing_changed(town, family)


def test_refusal_of_the_letter_leaves_the_address_alone(
    town: House, family: Family, path: str
) -> None:
    assert take(town, report(SPAM, path, HOME))
    assert is_verified(town, family)
    assert ends(town) == [("arrival", "refused", "bounced")]
    assert not told(town)


def test_forged_return_paths_change_nothing(town: House, family: Family, path: str) -> None:
    name, _, host = path.partition("@")
    letter = rows(town)[0].id
    others = town.settings.model_copy(update={"secret_key": SecretStr("somebody else's")})
    forged = [
        BOUNCES,
        f"{name[:-1]}{'a' if name[-1] != 'a' else 'b'}@{host}",
        f"{name[:-4]}@{host}",
        f"{name}aa@{host}",
        f"{name}@elsewhere.example",
        path.replace("+", "-"),
        return_path(others, letter, HOME),
        return_path(town.settings, uuid4(), HOME),
        return_path(town.settings, letter, WORK),
        "bounces+%s@gate.example.tw" % ("ü" * 42),
        "",
    ]
    for one in forged:
        assert not take(town, report(POSTFIX, one, HOME)), one
    assert nothing_changed(town, family)


def test_report_about_another_mailbox_changes_nothing(
    town: House, family: Family, path: str
) -> None:
    # Hers passes letters on to one that is gone; her own copy may be read.
    assert not take(town, report(POSTFIX, path, "old@elsewhere.example"))
    assert nothing_changed(town, family)


def test_address_changed_meanwhile_is_left_alone(town: House, family: Family, path: str) -> None:
    verify(town, family, address=WORK)
    assert not take(town, report(POSTFIX, path, HOME))
    assert is_verified(town, family)
    assert not told(town)


def test_return_path_survives_a_server_that_changes_its_case_and_a_new_key(
    town: House, family: Family, path: str
) -> None:
    given = {
        "secret_key": SecretStr("the next key"),
        "secret_key_fallbacks": town.settings.secret_key,
    }
    renewed = replace(town, settings=town.settings.model_copy(update=given))
    assert take(renewed, report(POSTFIX, path.upper(), HOME.upper()))
    assert not is_verified(town, family)


def test_no_show_that_comes_back_climbs_on(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    miss(town, family)
    send()
    path = letters_in(sandbox)[-1]["envelope_from"]
    assert take(town, report(POSTFIX, path, HOME))
    later(town, minutes=11)

    class Phone:
        channel, needs_tick = Channel.SMS, False

        def address_of(self, _session: object, guardian_ids: object) -> dict[object, str]:
            return {family.guardian_id: "0900000000"}

    with transaction(town.engine) as session:
        assert climb(session, [Phone()], town.clock.now()) == 1
    assert [row.kind for row in rows(town, Channel.SMS)] == ["no_show"]


def no_show_to(house: House, family: Family, send: Send, sandbox: SandboxClient) -> str:
    """The no-show went to Mei's first address; where it comes back to."""
    miss(house, family)
    send()
    return str(letters_in(sandbox)[-1]["envelope_from"])


class Phone:
    """Mei's number as the rung above her letters."""

    channel, needs_tick = Channel.SMS, False

    def __init__(self, family: Family) -> None:
        self._guardian_id = family.guardian_id

    def address_of(self, _session: object, _guardian_ids: object) -> dict[object, str]:
        return {self._guardian_id: "0900000000"}


def climbed(house: House, family: Family) -> int:
    with transaction(house.engine) as session:
        return climb(session, [Phone(family)], house.clock.now())


def test_what_came_back_goes_once_to_the_second_address(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    path = no_show_to(town, family, send, sandbox)
    verify(town, family, ContactSlot.EMAIL2, WORK)
    later(town, minutes=11)
    mail = report(POSTFIX, path, HOME)
    assert take(town, mail)
    # The second address is asked first, and has its minutes.
    assert climbed(town, family) == 0
    assert not take(town, mail)
    send()
    assert [one["envelope_to"] for one in letters_in(sandbox)] == [[HOME], [WORK]]
    assert [end[:2] for end in ends(town)] == [("no_show", "accepted")]
    assert (climbed(town, family), send(), take(town, mail)) == (0, 0, False)


def test_what_comes_back_from_both_climbs(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    path = no_show_to(town, family, send, sandbox)
    verify(town, family, ContactSlot.EMAIL2, WORK)
    assert take(town, report(POSTFIX, path, HOME))
    send()
    second = letters_in(sandbox)[-1]["envelope_from"]
    assert second != path
    assert take(town, report(POSTFIX, second, WORK))
    later(town, minutes=11)
    assert send() == 0
    assert (climbed(town, family), climbed(town, family)) == (1, 0)
    assert len(told(town)) == 2


def test_second_address_that_does_not_answer_lets_it_climb(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    path = no_show_to(town, family, send, sandbox)
    verify(town, family, ContactSlot.EMAIL2, WORK)
    assert take(town, report(POSTFIX, path, HOME))
    later(town, minutes=11)
    assert climbed(town, family) == 1


def test_no_show_that_was_corrected_meanwhile_goes_nowhere(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    path = no_show_to(town, family, send, sandbox)
    verify(town, family, ContactSlot.EMAIL2, WORK)
    correct(town, family)
    assert take(town, report(POSTFIX, path, HOME))
    assert ("no_show", "refused", "bounced") in ends(town)
    send()
    told_there = [row.kind for row in rows(town) if row.state == "accepted"]
    assert "no_show" not in told_there


def test_what_came_back_and_was_called_off_before_it_went_again_needs_no_correction(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    path = no_show_to(town, family, send, sandbox)
    verify(town, family, ContactSlot.EMAIL2, WORK)
    assert take(town, report(POSTFIX, path, HOME))
    assert correct(town, family) == set()
    assert [end[:2] for end in ends(town)] == [("no_show", "cancelled")]


def test_old_news_that_comes_back_is_not_sent_again(
    town: House, family: Family, path: str, send: Send, sandbox: SandboxClient
) -> None:
    verify(town, family, ContactSlot.EMAIL2, WORK)
    later(town, hours=3)
    assert take(town, report(POSTFIX, path, HOME))
    assert send() == 0
    assert ends(town) == [("arrival", "refused", "bounced")]


def test_return_path_fits_into_an_envelope(town: House, family: Family) -> None:
    longest = town.settings.model_copy(update={"bounce_address": f"{'b' * 20}@gate.example.tw"})
    assert len(return_path(longest, uuid4(), HOME).partition("@")[0]) <= 64


def test_without_a_mailbox_letters_come_back_to_their_sender(
    town: House, family: Family, sandbox: SandboxClient
) -> None:
    plain = town.settings.model_copy(update={"bounce_address": ""})
    assert return_path(plain, uuid4(), HOME) == ""
