"""Who is told by e-mail, and what the letter says."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import select

from core.db import transaction
from core.house import House
from core.kinds import Channel, EventKind, NoticeState, OfferState
from core.languages.language import Language
from core.notices.recipients import recipients_of
from core.notices.tables import Notice
from core.people.contacts import ContactSlot
from core.people.friends import record_friendship
from core.people.tables import AccountLink, Binding, Guardian
from tests.factories import MEI, make_binding, make_student
from tests.mailing.conftest import (
    BY_EMAIL,
    HOME,
    ON_LINE,
    WORK,
    Family,
    arrive,
    correct,
    ends,
    miss,
    offer,
    rows,
    tick,
    verify,
)
from tests.post.sandbox import letters_in
from tests.sandbox.client import SandboxClient

Send = Callable[[], int]


def test_arrival_goes_by_line_and_by_email_each_in_a_row_of_its_own(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    arrive(town, family)
    (line,), (mail,) = rows(town, Channel.LINE), rows(town)
    assert (mail.line_user_id, line.line_user_id) == (None, MEI)
    assert mail.dedupe_key == line.dedupe_key.removesuffix("line") + "email"
    assert send() == 1
    assert ends(town) == [("arrival", "accepted", "smtp_250")]
    assert [row.state for row in rows(town, Channel.LINE)] == ["pending"]
    (letter,) = letters_in(sandbox)
    assert letter["envelope_to"] == [HOME]
    assert letter["subject"] == "小明 07:20 到校"
    for words in ("到校 07:20", "榕光國小", "寄信原因：您訂閱了小明的到校通知。", "請勿直接回覆"):
        assert words in letter["text"]
        assert words in letter["html"]


def test_letter_is_named_after_what_it_tells_and_can_be_ended_by_one_press(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    arrive(town, family)
    send()
    headers = dict(letters_in(sandbox)[0]["headers"])
    assert headers["Message-ID"] == f"<{rows(town)[0].retry_key}@sandbox.example>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"]
    assert link.startswith(f"<{town.settings.base_url}/liff/letters/")
    assert link.strip("<>") in letters_in(sandbox)[0]["text"]


def test_telling_again_writes_no_second_letter(town: House, family: Family, send: Send) -> None:
    for _ in range(2):
        miss(town, family)
        send()
    assert ends(town) == [("no_show", "accepted", "smtp_250")]


@pytest.mark.parametrize("boxes", [ON_LINE, BY_EMAIL - {(Channel.EMAIL, EventKind.ARRIVAL)}])
def test_who_did_not_tick_the_box_gets_no_letter(
    town: House, family: Family, boxes: frozenset[tuple[Channel, EventKind]]
) -> None:
    tick(town, family, boxes)
    arrive(town, family)
    assert rows(town) == []


def test_who_ticked_email_alone_hears_of_it_there_alone(town: House, family: Family) -> None:
    tick(town, family, BY_EMAIL)
    arrive(town, family)
    assert (len(rows(town)), len(rows(town, Channel.LINE))) == (1, 0)


def test_address_that_is_not_proved_gets_no_letter(town: House, family: Family) -> None:
    verify(town, family, is_verified=False)
    arrive(town, family)
    assert rows(town) == []


def test_letters_come_though_line_was_left(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    with transaction(town.engine) as session:
        now = town.clock.now()
        record_friendship(session, line_user_id=MEI, is_following=False, at=now)
        session.execute(update(AccountLink).values(unlinked_at=now))
    arrive(town, family)
    send()
    assert len(letters_in(sandbox)) == 1


def test_new_guardian_beside_others_reads_nothing_of_the_gate_for_a_day(
    town: House, family: Family
) -> None:
    with transaction(town.engine) as session:
        binding = session.exec(select(Binding)).one()
        binding.quiet_until = town.clock.now() + timedelta(hours=24)
    arrive(town, family)
    miss(town, family)
    assert [end[:2] for end in ends(town)] == [("arrival", "cancelled"), ("no_show", "pending")]


def test_box_unticked_before_the_letter_left_stops_it(
    town: House, family: Family, send: Send
) -> None:
    arrive(town, family)
    tick(town, family, ON_LINE)
    assert send() == 0
    assert ends(town) == [("arrival", "cancelled", "not_wanted")]


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (OfferState.NOT_OFFERED, ("arrival", "refused", "not_offered")),
        (OfferState.BEST_EFFORT, ("arrival", "accepted", "smtp_250")),
    ],
)
def test_what_the_semester_offers_is_heeded_when_the_letter_leaves(
    town: House, family: Family, send: Send, state: OfferState, end: tuple[str, str, str]
) -> None:
    arrive(town, family)
    offer(town, state)
    send()
    assert ends(town) == [end]


@pytest.mark.parametrize("change", [{"stopped_at": True}, {"email1_is_verified": False}])
def test_last_look_is_taken_when_the_letter_leaves(
    town: House, family: Family, send: Send, change: dict[str, bool], sandbox: SandboxClient
) -> None:
    arrive(town, family)
    with transaction(town.engine) as session:
        if "stopped_at" in change:
            session.execute(update(Guardian).values(stopped_at=town.clock.now()))
        else:
            session.execute(update(Guardian).values(**change))
    send()
    assert letters_in(sandbox) == []
    assert ends(town)[0][1] in ("cancelled", "refused")


def test_second_address_is_used_while_only_it_is_proved(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    verify(town, family, is_verified=False)
    verify(town, family, ContactSlot.EMAIL2, WORK)
    arrive(town, family)
    send()
    assert letters_in(sandbox)[0]["envelope_to"] == [WORK]


def test_correction_goes_where_the_no_show_was_read(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    tick(town, family, BY_EMAIL)
    miss(town, family)
    send()
    told = correct(town, family)
    send()
    subjects = [letter["subject"] for letter in letters_in(sandbox)]
    assert subjects == ["小明截至 08:30 尚無刷卡紀錄", "小明已於 07:20 到校"]
    # The arrival was told with that, here as on LINE.
    arrive(town, family, told)
    assert ("arrival", "cancelled", "corrected") in ends(town)
    # What comes later is told as any other news.
    assert correct(town, family) == set()


def test_correction_is_not_written_to_whose_binding_ended(
    town: House, family: Family, send: Send
) -> None:
    tick(town, family, BY_EMAIL)
    miss(town, family)
    send()
    correct(town, family)
    with transaction(town.engine) as session:
        session.execute(update(Binding).values(ended_at=town.clock.now()))
    send()
    assert ("correction", "cancelled", "not_wanted") in ends(town)


def test_no_show_read_on_line_alone_leaves_the_arrival_to_its_letter(
    town: House, family: Family
) -> None:
    tick(town, family, ON_LINE | {(Channel.EMAIL, EventKind.ARRIVAL)})
    miss(town, family)
    with transaction(town.engine) as session:
        now = town.clock.now()
        taken = {"state": NoticeState.ACCEPTED, "first_tried_at": now, "settled_at": now}
        session.execute(update(Notice).values(taken))
    arrive(town, family, correct(town, family))
    assert ends(town) == [("arrival", "pending", None)]


def test_no_show_that_did_not_leave_needs_no_correction(town: House, family: Family) -> None:
    tick(town, family, BY_EMAIL)
    miss(town, family)
    correct(town, family)
    assert ends(town) == [("no_show", "cancelled", "tap_came")]


@pytest.mark.parametrize("language", Language)
def test_letter_speaks_the_guardians_language(
    town: House, family: Family, send: Send, sandbox: SandboxClient, language: Language
) -> None:
    with transaction(town.engine) as session:
        session.execute(update(Guardian).values(locale=language.value))
    arrive(town, family)
    send()
    (letter,) = letters_in(sandbox)
    assert dict(letter["headers"])["Content-Language"] == language.tag
    is_chinese = language is Language.CHINESE
    assert ("寄信原因" in letter["text"]) is is_chinese


def test_mother_of_three_is_told_once_on_each_channel_she_ticked(
    town: House, family: Family
) -> None:
    with transaction(town.engine) as session:
        mei = session.get_one(Guardian, family.guardian_id)
        others = [
            make_student(session, town, name=name, number=number)
            for name, number in (("王小華", "11510002"), ("王小明", "11510003"))
        ]
        for one in others:
            make_binding(session, mei, one)
        told = recipients_of(session, {family.student_id}, EventKind.ARRIVAL)
    line, mail = told[family.student_id]
    assert (line.channel, mail.channel) == (Channel.LINE, Channel.EMAIL)
    assert sorted(line.siblings) == sorted(one.id for one in others)
    assert (mail.siblings, mail.line_user_id, mail.child) == ((), "", "王小明")
