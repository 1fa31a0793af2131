"""The postman: codes leave after the commit, once, and every row ends in a named state."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from core.contact.outbox import CodeLetter, claim_letters, settle_letter
from core.contact.postman import Postman
from core.contact.proofs import Asked, Tried
from core.contact.tables import ProofState
from core.contact.wording import text_with_code
from core.db import transaction
from core.house import House
from core.kinds import NoticeState
from core.languages.language import Language
from core.people.contacts import ContactSlot
from core.people.tables import Guardian
from core.post.answer import Answer, Outcome
from core.settings import AppEnv
from tests.contact.test_proofs import (
    EMAIL1,
    EMAIL2,
    MOBILE,
    ONE,
    PHONE,
    TWO,
    ask,
    code_of,
    enter,
    later,
    mei,
    rows,
)
from tests.post.conftest import post_process, sandbox
from tests.post.sandbox import letters_in, plan, settings_for, texts_in
from tests.sandbox.client import SandboxClient

__all__ = ["mei", "post_process", "sandbox"]
DIGITS = re.compile(r"\d{4}")


@pytest.fixture
def town(house: House, sandbox: SandboxClient) -> House:
    """The house, its post going to the sandbox."""
    return replace(house, settings=settings_for(sandbox))


def state_of(house: House) -> tuple[str, str, str | None]:
    """Proof, letter and outcome of the newest code."""
    row = rows(house)[-1]
    return row.state, row.letter, row.outcome


def test_code_from_the_letter_proves_the_address(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    ask(town, mei)
    assert letters_in(sandbox) == []
    assert Postman(town).drain() == 1
    (letter,) = letters_in(sandbox)
    assert letter["envelope_to"] == [ONE]
    code = DIGITS.findall(letter["subject"])[0]
    assert letter["subject"] == f"請確認您的 e-mail（{code}）"
    assert f"請在 5 分鐘內輸入驗證碼 {code}。" in letter["text"]
    assert enter(town, mei, code) is Tried.PROVED
    assert Postman(town).drain() == 0


def test_code_from_the_text_message_proves_the_number(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    ask(town, mei, PHONE, MOBILE)
    Postman(town).drain()
    (sms,) = texts_in(sandbox)
    assert sms["to"] == MOBILE
    code = code_of(town, mei, PHONE)
    assert sms["text"] == (
        f"到離校通知驗證碼{code}，5分鐘內有效。請勿告訴別人，我們不會打電話索取。"
    )
    assert enter(town, mei, DIGITS.findall(sms["text"])[0], PHONE) is Tried.PROVED
    assert rows(town)[-1].reference == sms["msgid"]


def test_letter_speaks_the_guardians_language(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    with transaction(town.engine) as session:
        session.execute(update(Guardian).values(locale="en"))
    ask(town, mei)
    ask(town, mei, PHONE, MOBILE)
    Postman(town).drain()
    assert letters_in(sandbox)[0]["subject"].startswith("Confirm your e-mail (")
    assert texts_in(sandbox)[0]["text"].startswith("School notices: code ")


@pytest.mark.parametrize("language", Language)
def test_message_is_one_part_in_every_language(house: House, language: Language) -> None:
    now = house.clock.now()
    sent = CodeLetter(UUID(int=1), PHONE, MOBILE, "8888", language.value, now, now, 1, UUID(int=2))
    assert text_with_code(sent).fits


def test_grey_listed_letter_goes_again_under_the_same_name(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="rcpt", code=450, count=2)
    ask(town, mei)
    for seconds in (0, 2, 10):
        later(town, seconds=seconds)
        assert Postman(town).drain() == 1
        assert Postman(town).drain() == 0
    assert state_of(town) == (ProofState.WAITING, NoticeState.ACCEPTED, "smtp_250")
    assert len(letters_in(sandbox)) == 1


def test_minutes_begin_when_the_letter_was_taken(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="rcpt", code=450)
    ask(town, mei)
    Postman(town).drain()
    later(town, minutes=9)
    Postman(town).drain()
    code = code_of(town, mei)
    later(town, minutes=4, seconds=59)
    assert enter(town, mei, code) is Tried.PROVED


def test_letter_that_is_late_for_good_is_given_up(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="rcpt", code=450, count=99)
    ask(town, mei)
    for _ in range(20):
        Postman(town).drain()
        later(town, minutes=1)
    assert state_of(town)[:2] == (ProofState.UNSENT, NoticeState.EXPIRED)
    assert rows(town)[-1].code_sealed is None


def test_mailbox_that_is_not_there_ends_it_at_once(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="rcpt", code=550)
    ask(town, mei)
    Postman(town).drain()
    assert state_of(town) == (ProofState.UNSENT, NoticeState.REFUSED, "smtp_550")


def test_letter_cut_after_the_final_dot_is_not_repeated_and_its_code_counts(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="data", cut=True, after_accept=True)
    ask(town, mei)
    Postman(town).drain()
    later(town, minutes=2)
    assert Postman(town).drain() == 0
    assert state_of(town) == (ProofState.WAITING, NoticeState.UNKNOWN, "cut")
    code = DIGITS.findall(letters_in(sandbox)[0]["subject"])[0]
    assert enter(town, mei, code) is Tried.PROVED


@pytest.mark.parametrize("is_late", [False, True])
def test_message_nobody_can_tell_of_is_never_repeated(
    town: House, mei: UUID, sandbox: SandboxClient, is_late: bool
) -> None:
    plan(sandbox, "/faults", endpoint="sms_send", status=500, after_accept=is_late)
    ask(town, mei, PHONE, MOBILE)
    Postman(town).drain()
    later(town, minutes=2)
    assert Postman(town).drain() == 0
    assert state_of(town) == (ProofState.WAITING, NoticeState.UNKNOWN, "http_500")
    assert len(texts_in(sandbox)) == int(is_late)


def test_empty_balance_is_waited_for(town: House, mei: UUID, sandbox: SandboxClient) -> None:
    plan(sandbox, "/sms/plan", answer="s")
    ask(town, mei, PHONE, MOBILE)
    Postman(town).drain()
    assert state_of(town) == (ProofState.WAITING, NoticeState.PENDING, "sms_s")
    later(town, seconds=2)
    Postman(town).drain()
    assert len(texts_in(sandbox)) == 1


def test_code_does_not_wait_for_the_clock_of_another_process(town: House, mei: UUID) -> None:
    ask(town, mei)
    later(town, seconds=-0.3)
    assert len(claimed(town)) == 1


def test_code_that_was_tried_waits_by_every_clock(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    plan(sandbox, "/mail/plan", at="rcpt", code=450)
    ask(town, mei)
    later(town, seconds=-20)
    Postman(town).drain()
    assert state_of(town)[1] == NoticeState.PENDING
    assert claimed(town) == []


def test_second_postman_finds_nothing_in_the_hands_of_the_first(town: House, mei: UUID) -> None:
    ask(town, mei)
    assert len(claimed(town)) == 1
    assert claimed(town) == []


def claimed(house: House) -> list[CodeLetter]:
    """Take what is due, as a postman does who then dies."""
    with transaction(house.engine) as session:
        return claim_letters(session, house.vault, limit=9, now=house.clock.now())


def test_letter_of_a_postman_who_died_goes_out(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    ask(town, mei)
    claimed(town)
    later(town, seconds=91)
    assert Postman(town).drain() == 1
    assert len(letters_in(sandbox)) == 1


def test_message_of_a_postman_who_died_is_not_sent_a_second_time(
    town: House, mei: UUID, sandbox: SandboxClient
) -> None:
    ask(town, mei, PHONE, MOBILE)
    claimed(town)
    later(town, seconds=91)
    assert Postman(town).drain() == 0
    assert state_of(town)[1:] == (NoticeState.UNKNOWN, "lease_lost")
    assert texts_in(sandbox) == []


def test_word_of_whoever_lost_the_lease_does_not_count(town: House, mei: UUID) -> None:
    ask(town, mei)
    (late,) = claimed(town)
    later(town, seconds=91)
    (mine,) = claimed(town)
    now = town.clock.now()
    with transaction(town.engine) as session:
        settle_letter(session, late, Answer(Outcome.REFUSED, "smtp_550"), now)
        settle_letter(session, mine, Answer(Outcome.ACCEPTED, "smtp_250"), now)
    assert state_of(town) == (ProofState.WAITING, NoticeState.ACCEPTED, "smtp_250")


def test_refusal_of_an_older_letter_does_not_end_the_newer_code(town: House, mei: UUID) -> None:
    ask(town, mei)
    (older,) = claimed(town)
    assert ask(town, mei, address=TWO) is Asked.SENT
    with transaction(town.engine) as session:
        settle_letter(session, older, Answer(Outcome.REFUSED, "smtp_550"), town.clock.now())
    assert [one.state for one in rows(town)] == [ProofState.REPLACED, ProofState.WAITING]


@pytest.mark.parametrize("slot", [EMAIL2, PHONE])
def test_nothing_waits_for_ever(town: House, mei: UUID, slot: ContactSlot) -> None:
    ask(town, mei, slot, TWO if slot is EMAIL2 else MOBILE)
    claimed(town)
    ask(town, mei)
    Postman(town).drain()
    later(town, minutes=20)
    Postman(town).drain()
    assert {one.state for one in rows(town)} <= {ProofState.EXPIRED, ProofState.UNSENT}
    assert all(one.settled_at and one.ended_at for one in rows(town))
    assert {one.code_sealed for one in rows(town)} == {None}


def test_codes_in_a_house_without_mail_end_unsent(house: House, mei: UUID) -> None:
    bare = house.settings.model_copy(update={"app_env": AppEnv.PRODUCTION})
    closed = replace(house, settings=bare)
    ask(closed, mei, EMAIL1)
    Postman(closed).drain()
    assert state_of(closed)[1:] == (NoticeState.PENDING, "not_set_up")
    closed.clock.move_to(closed.clock.now() + timedelta(minutes=10))  # type: ignore[attr-defined]
    Postman(closed).drain()
    assert state_of(closed)[:2] == (ProofState.UNSENT, NoticeState.EXPIRED)
