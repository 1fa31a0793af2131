"""Letters over real SMTP: greylisting, mailboxes that are gone, cuts, and workers that die."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.kinds import Channel, NoticeKind
from core.mailing.claims import LetterOut, claim_letters
from core.mailing.sender import LetterSender
from core.mailing.settle import settle_letter
from core.people.contacts import ContactSlot, contact_in
from core.people.tables import Guardian, Student
from core.post.answer import Answer, Outcome
from core.post.doubt import MOST_GONE
from core.settings import AppEnv
from tests.factories import HUA, make_binding, make_guardian, make_student
from tests.mailing.conftest import (
    BY_EMAIL,
    HOME,
    ON_LINE,
    WORK,
    Family,
    arrive,
    correct,
    ends,
    later,
    miss,
    rows,
    tick,
    verify,
)
from tests.post.sandbox import letters_in, plan
from tests.sandbox.client import SandboxClient

Send = Callable[[], int]


def claimed(house: House) -> list[LetterOut]:
    """Take what is due, as a sender does who then dies."""
    with transaction(house.engine) as session:
        return claim_letters(session, house.vault, limit=9, now=house.clock.now())


def test_grey_listed_letter_goes_again_under_the_same_name(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="rcpt", code=450, count=2)
    arrive(town, family)
    for seconds in (0, 10, 60):
        later(town, seconds=seconds)
        assert send() == 1
        assert send() == 0
    assert ends(town) == [("arrival", "accepted", "smtp_250")]
    assert len(letters_in(sandbox)) == 1


def test_letter_a_server_never_takes_expires_and_was_read_by_nobody(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="rcpt", code=450, count=99)
    miss(town, family)
    for _ in range(40):
        send()
        later(town, minutes=4)
    assert ends(town) == [("no_show", "expired", "smtp_450")]
    assert rows(town)[0].first_tried_at is None
    correct(town, family)
    assert [row.kind for row in rows(town)] == ["no_show"]


def test_mailbox_that_is_gone_is_used_no_more_and_its_owner_told_on_line(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="rcpt", code=550)
    arrive(town, family)
    send()
    assert ends(town) == [("arrival", "refused", "smtp_550")]
    with snapshot(town.engine) as session:
        guardian = session.get_one(Guardian, family.guardian_id)
        held = contact_in(town.vault, guardian, ContactSlot.EMAIL1)
        actions = session.exec(select(AuditEntry.action)).all()
    assert (held.address, held.is_verified) == (HOME, False)
    assert "contact.bounced" in actions
    told = [row for row in rows(town, Channel.LINE) if row.kind == "email_bounced"]
    assert "m***@example.org" in told[0].content.decode()
    assert HOME not in told[0].content.decode()
    later(town, minutes=1)
    miss(town, family)
    assert len(rows(town)) == 1


def test_letter_a_gone_mailbox_refused_goes_to_the_second_address(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    verify(town, family, ContactSlot.EMAIL2, WORK)
    plan(sandbox, "/mail/plan", at="rcpt", code=550, to=HOME)
    miss(town, family)
    send()
    assert ends(town) == [("no_show", "accepted", "smtp_250")]
    assert [letter["envelope_to"] for letter in letters_in(sandbox)] == [[WORK]]


@pytest.mark.parametrize("text", ["5.7.1 Relaying denied", "5.3.2 System not accepting mail"])
def test_refusal_that_is_about_us_leaves_the_address_alone(
    town: House, family: Family, send: Send, sandbox: SandboxClient, text: str
) -> None:
    plan(sandbox, "/mail/plan", at="rcpt", code=550, text=text)
    arrive(town, family)
    send()
    assert ends(town) == [("arrival", "dead", "smtp_550")]
    with snapshot(town.engine) as session:
        assert session.get_one(Guardian, family.guardian_id).email1_is_verified


def test_content_the_server_refuses_is_dead(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="data", code=554)
    arrive(town, family)
    send()
    assert ends(town) == [("arrival", "dead", "smtp_554")]


@pytest.mark.parametrize("is_kept", [True, False])
def test_letter_cut_after_the_final_dot_is_never_repeated(
    town: House, family: Family, send: Send, sandbox: SandboxClient, is_kept: bool
) -> None:
    plan(sandbox, "/mail/plan", at="data", cut=True, after_accept=is_kept)
    miss(town, family)
    send()
    later(town, minutes=5)
    assert send() == 0
    assert ends(town) == [("no_show", "unknown", "cut")]
    assert len(letters_in(sandbox)) == int(is_kept)
    # It may have been read, so what corrects it is told.
    correct(town, family)
    assert [row.kind for row in rows(town)] == ["no_show", "correction"]


@pytest.mark.parametrize("at", ["connect", "rcpt"])
def test_cut_before_the_letter_costs_a_pause_and_nothing_else(
    town: House, family: Family, sandbox: SandboxClient, at: str
) -> None:
    plan(sandbox, "/mail/plan", at=at, cut=True)
    miss(town, family)
    sender = LetterSender(town)
    assert sender.drain() == 1
    later(town, seconds=9)
    assert sender.drain() == 0
    later(town, seconds=2)
    assert sender.drain() == 1
    assert len(letters_in(sandbox)) == 1


def test_server_that_lets_nobody_in_is_waited_for(
    town: House, family: Family, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="mail", code=550)
    miss(town, family)
    sender = LetterSender(town)
    sender.drain()
    assert (rows(town)[0].state, rows(town)[0].attempts) == ("pending", 0)
    later(town, seconds=61)
    sender.drain()
    assert ends(town) == [("no_show", "accepted", "smtp_250")]


def another_family(house: House, number: int) -> Family:
    """One more child and guardian, who ticked e-mail."""
    with transaction(house.engine) as session:
        student = make_student(session, house, number=f"1151010{number}")
        guardian = make_guardian(session, house, f"U{number:032x}", name="陳美玲")
        binding = make_binding(session, guardian, student)
        family = Family(student.id, guardian.id, binding.id)
    verify(house, family, address=f"p{number}@example.org")
    tick(house, family, BY_EMAIL)
    return family


def test_server_that_calls_every_mailbox_gone_is_not_believed_for_long(
    town: House, family: Family, sandbox: SandboxClient
) -> None:
    families = [another_family(town, number) for number in range(MOST_GONE + 3)]
    for one in families:
        miss(town, one)
    plan(sandbox, "/mail/plan", at="rcpt", code=550, count=99)
    sender = LetterSender(town)
    sender.drain()
    states = [end[1] for end in ends(town)]
    assert (states.count("refused"), states.count("pending")) == (MOST_GONE, 3)


def test_mailbox_that_is_doubted_lets_others_clear_the_server(
    town: House, family: Family, sandbox: SandboxClient
) -> None:
    for number in range(MOST_GONE + 2):
        miss(town, another_family(town, number))
        later(town, seconds=1)
    gone = [f"p{number}@example.org" for number in range(MOST_GONE + 1)]
    mishaps = [{"at": "rcpt", "code": 550, "to": one, "count": 9} for one in gone]
    assert sandbox.post("/mail/plan", mishaps).status_code == 204
    sender = LetterSender(town)
    sender.drain()
    later(town, seconds=61)
    sender.drain()
    refused = ["refused"] * MOST_GONE
    assert [row.state for row in rows(town)] == [*refused, "pending", "accepted"]
    later(town, minutes=10)
    sender.drain()
    assert [row.state for row in rows(town)] == [*refused, "refused", "accepted"]


def test_letters_behind_one_that_can_not_be_settled_wait_for_nobody(
    town: House, family: Family, sandbox: SandboxClient
) -> None:
    arrive(town, family)
    other = another_family(town, 1)
    later(town, seconds=1)
    arrive(town, other)
    plan(sandbox, "/mail/plan", at="rcpt", code=550, to=HOME)
    with transaction(town.engine) as session:
        # To close the address of the first is written there.
        session.execute(sql("ALTER TABLE audit_entry RENAME TO away"))
    sender = LetterSender(town)
    with pytest.raises(DBAPIError, match="audit_entry"):
        sender.drain()
    assert [(row.state, row.attempts) for row in rows(town)] == [("leased", 1), ("pending", 0)]
    sender.drain()
    assert [row.state for row in rows(town)] == ["leased", "accepted"]


def test_letter_of_a_sender_who_died_goes_out_under_the_same_name(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    arrive(town, family)
    (lost,) = claimed(town)
    assert send() == 0
    later(town, seconds=181)
    assert send() == 1
    assert str(lost.key) in dict(letters_in(sandbox)[0]["headers"])["Message-ID"]


def test_letter_of_a_dead_sender_that_is_refused_now_may_have_been_read(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    miss(town, family)
    claimed(town)
    later(town, seconds=181)
    plan(sandbox, "/mail/plan", at="rcpt", code=450)
    send()
    assert rows(town)[0].first_tried_at is not None


@pytest.mark.parametrize(
    ("is_tried", "told"), [(True, ["no_show", "correction"]), (False, ["no_show"])]
)
def test_letter_nobody_wants_any_more_is_corrected_where_a_dead_sender_had_it(
    town: House, family: Family, send: Send, is_tried: bool, told: list[str]
) -> None:
    miss(town, family)
    if is_tried:
        claimed(town)
        later(town, seconds=181)
    tick(town, family, ON_LINE)
    send()
    assert ends(town) == [("no_show", "cancelled", "not_wanted")]
    correct(town, family)
    assert [row.kind for row in rows(town)] == told


def test_letter_of_a_dead_sender_with_nowhere_to_go_may_have_been_read(
    town: House, family: Family, send: Send
) -> None:
    miss(town, family)
    claimed(town)
    later(town, seconds=181)
    verify(town, family, is_verified=False)
    send()
    assert ends(town) == [("no_show", "unknown", "no_address")]


def test_word_of_whoever_lost_the_lease_does_not_count(town: House, family: Family) -> None:
    arrive(town, family)
    (late,) = claimed(town)
    later(town, seconds=181)
    (mine,) = claimed(town)
    now = town.clock.now()
    with transaction(town.engine) as session:
        assert settle_letter(session, town, late, Answer(Outcome.LATER, "cut"), now) is None
        settle_letter(session, town, mine, Answer(Outcome.ACCEPTED, "smtp_250"), now)
    assert ends(town) == [("arrival", "accepted", "smtp_250")]


def test_two_senders_never_hold_one_letter(town: House, family: Family) -> None:
    arrive(town, family)
    assert (len(claimed(town)), len(claimed(town))) == (1, 0)


def test_letter_to_one_parent_does_not_wait_for_the_others(town: House, family: Family) -> None:
    with transaction(town.engine) as session:
        hua = make_guardian(session, town, HUA)
        binding = make_binding(session, hua, session.get_one(Student, family.student_id))
        other = Family(family.student_id, hua.id, binding.id)
    verify(town, other, address=WORK)
    tick(town, other, BY_EMAIL)
    miss(town, family)
    assert len(claimed(town)) == 2


def test_no_show_is_written_before_what_waited_longer(town: House, family: Family) -> None:
    arrive(town, family)
    later(town, seconds=1)
    miss(town, another_family(town, 1))
    with transaction(town.engine) as session:
        first = claim_letters(session, town.vault, limit=1, now=town.clock.now())
    assert [one.kind for one in first] == [NoticeKind.NO_SHOW]


def test_correction_waits_for_the_no_show_in_another_senders_hands(
    town: House, family: Family, send: Send
) -> None:
    miss(town, family)
    (held,) = claimed(town)
    later(town, seconds=1)
    correct(town, family)
    assert send() == 0
    with transaction(town.engine) as session:
        answer = Answer(Outcome.ACCEPTED, "smtp_250")
        settle_letter(session, town, held, answer, town.clock.now())
    assert send() == 1


def test_house_without_a_mail_server_sends_nothing(town: House, family: Family) -> None:
    bare = town.settings.model_copy(
        update={"app_env": AppEnv.PRODUCTION, "smtp_url": SecretStr("")}
    )
    arrive(town, family)
    assert LetterSender(replace(town, settings=bare)).drain() == 0
