"""Who is texted, about what, to which number, on which days: looked at when the text leaves."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from core.db import transaction
from core.house import House
from core.kinds import Channel, EventKind, NoticeKind, OfferState
from core.languages.language import Language
from core.notices.tables import Notice
from core.orders.numbers import follow_number
from core.orders.plans import Items
from core.orders.service import approve_cancel, ask_cancel
from core.people.contacts import Contact, ContactSlot, write_contact
from core.people.tables import Binding, Guardian
from core.texting.claims import claim_texts
from tests.factories import make_binding, make_student
from tests.mailing.conftest import ON_LINE, Family, tick
from tests.orders.shop import LIFF, OFFICER, at
from tests.post.sandbox import texts_in
from tests.sandbox.client import SandboxClient
from tests.texting.conftest import (
    NUMBER,
    correct,
    counted,
    ends,
    later,
    miss,
    offer,
    pass_gate,
    prove,
    rows,
    subscribe,
)

Send = Callable[[], int]
SLIP = "0900000202"


def test_no_show_goes_by_sms_to_who_ticked_it_and_is_free(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    miss(town, family)
    assert send() == 1
    assert ends(town) == [("no_show", "accepted", "sms_1")]
    assert counted(town) == [("no_show", "no_show", "sent")]
    (sms,) = texts_in(sandbox)
    assert (sms["to"], sms["points"]) == (NUMBER, 1)
    said = "【榕光國小】截至08:30尚無小明刷卡紀錄，也可能忘了刷卡。請聯絡學校02-23000001。"
    assert sms["text"] == said


def test_who_did_not_tick_it_is_not_texted(town: House, family: Family) -> None:
    tick(town, family, ON_LINE)
    miss(town, family)
    assert rows(town, Channel.SMS) == []


def test_number_that_is_not_proved_is_not_texted(town: House, family: Family) -> None:
    prove(town, family, is_verified=False)
    miss(town, family)
    assert rows(town, Channel.SMS) == []


def test_ticked_arrival_without_an_order_is_not_texted(town: House, family: Family) -> None:
    tick(town, family, frozenset((Channel.SMS, kind) for kind in EventKind))
    pass_gate(town, family)
    assert rows(town, Channel.SMS) == []


def test_ordered_arrival_goes_to_the_orders_number_and_counts(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    order = subscribe(town, family)
    prove(town, family, is_verified=False)
    pass_gate(town, family)
    later(town, seconds=1)
    pass_gate(town, family, NoticeKind.DEPARTURE)
    send()
    assert [sms["text"] for sms in texts_in(sandbox)] == [
        "【榕光國小】小明07:20到校。",
        "【榕光國小】小明07:20離校。",
    ]
    assert {sms["to"] for sms in texts_in(sandbox)} == {NUMBER}
    assert sorted((kind, purpose) for kind, purpose, _ in counted(town)) == [
        ("arrival", "paid"),
        ("departure", "paid"),
    ]
    assert {row.order_id for row in rows(town, Channel.SMS)} == {order.id}


def test_text_in_the_queue_goes_to_the_number_proved_meanwhile(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    subscribe(town, family)
    pass_gate(town, family)
    with transaction(town.engine) as session:
        contact = Contact(ContactSlot.PHONE, "0933000222", is_verified=True)
        write_contact(session, town.vault, family.guardian_id, contact, town.clock.now())
        follow_number(session, town.vault, family.guardian_id, town.clock.now())
    send()
    assert [sms["to"] for sms in texts_in(sandbox)] == ["0933000222"]


def test_paper_slip_is_texted_without_any_guardian(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    subscribe(town, family, slip=SLIP)
    pass_gate(town, family)
    send()
    (notice,) = rows(town, Channel.SMS)
    assert (notice.guardian_id, notice.state) == (None, "accepted")
    assert [sms["to"] for sms in texts_in(sandbox)] == [SLIP]


def test_guardian_and_slip_get_a_text_each(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    subscribe(town, family)
    subscribe(town, family, slip=SLIP)
    pass_gate(town, family)
    send()
    assert {sms["to"] for sms in texts_in(sandbox)} == {NUMBER, SLIP}


def test_only_what_was_ordered_is_texted(town: House, family: Family) -> None:
    subscribe(town, family, Items.DEPARTURE)
    pass_gate(town, family)
    assert rows(town, Channel.SMS) == []
    pass_gate(town, family, NoticeKind.DEPARTURE)
    assert [row.kind for row in rows(town, Channel.SMS)] == ["departure"]


def test_same_arrival_told_again_is_one_text(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    subscribe(town, family)
    for _ in range(2):
        pass_gate(town, family)
        send()
    assert len(texts_in(sandbox)) == 1


def test_tap_is_paid_for_once_though_an_older_one_moves_its_number(
    town: House, family: Family
) -> None:
    subscribe(town, family)
    tap = {"tap_id": uuid4()}
    pass_gate(town, family, **tap)
    pass_gate(town, family, **tap, number=2, is_older_tap=True)
    assert len(ends(town)) == 1


def test_arrival_within_a_closure_is_not_paid_for(town: House, family: Family) -> None:
    subscribe(town, family)
    pass_gate(town, family, is_in_closure=True)
    assert ends(town) == [("arrival", "cancelled", "closure")]


def test_arrival_entered_by_hand_hours_later_is_news_of_that_moment(
    town: House, family: Family
) -> None:
    subscribe(town, family)
    now = town.clock.now()
    entered = {"reason": "忘了帶卡", "recorded_at": now}
    pass_gate(town, family, at=now - timedelta(hours=3), **entered)
    assert ends(town) == [("arrival", "pending", None)]


def test_departure_of_a_paper_slip_waits_for_its_arrival(town: House, family: Family) -> None:
    subscribe(town, family, slip=SLIP)
    pass_gate(town, family)
    later(town, seconds=1)
    pass_gate(town, family, NoticeKind.DEPARTURE)
    with transaction(town.engine) as session:
        first = claim_texts(session, town, "mitake", limit=9, now=town.clock.now())
    assert [one.kind for one in first] == [NoticeKind.ARRIVAL]


def test_arrival_that_a_correction_by_sms_told_is_not_paid_for(town: House, family: Family) -> None:
    subscribe(town, family)
    pass_gate(town, family, corrected=True)
    assert ends(town) == [("arrival", "cancelled", "corrected")]


def test_order_whose_end_came_before_the_text_left_stops_it(
    town: House, family: Family, send: Send
) -> None:
    order = subscribe(town, family)
    pass_gate(town, family)
    with transaction(town.engine) as session:
        ask_cancel(session, LIFF, order.id, by="guardian:mei", now=at(11, 20))
        approve_cancel(session, LIFF, order.id, by=OFFICER, now=at(11, 20))
    send()
    assert ends(town) == [("arrival", "cancelled", "no_order")]
    assert counted(town) == []


def test_day_without_school_has_no_texts_of_the_gate(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    subscribe(town, family)
    later(town, days=-1)
    pass_gate(town, family)
    send()
    assert ends(town) == [("arrival", "cancelled", "no_school")]
    assert texts_in(sandbox) == []


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (OfferState.NOT_OFFERED, ("no_show", "refused", "not_offered")),
        (OfferState.BEST_EFFORT, ("no_show", "accepted", "sms_1")),
    ],
)
def test_what_the_semester_offers_is_heeded(
    town: House, family: Family, send: Send, state: OfferState, end: tuple[str, str, str]
) -> None:
    miss(town, family)
    offer(town, state)
    send()
    assert ends(town) == [end]


@pytest.mark.parametrize("change", ["stopped_at", "phone_is_verified", "unbound", "unticked"])
def test_last_look_is_taken_when_the_text_leaves(
    town: House, family: Family, send: Send, sandbox: SandboxClient, change: str
) -> None:
    miss(town, family)
    with transaction(town.engine) as session:
        if change == "stopped_at":
            session.execute(update(Guardian).values(stopped_at=town.clock.now()))
        elif change == "unbound":
            session.execute(update(Binding).values(ended_at=town.clock.now()))
        elif change == "phone_is_verified":
            session.execute(update(Guardian).values(phone_is_verified=False))
    if change == "unticked":
        tick(town, family, ON_LINE)
    assert send() == 0
    assert texts_in(sandbox) == []
    assert ends(town)[0][1] in ("cancelled", "refused")


def test_children_of_one_given_name_are_texted_by_their_whole_names(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    subscribe(town, family)
    with transaction(town.engine) as session:
        other = make_student(session, town, number="11510002", name="陳小明")
        make_binding(session, session.get_one(Guardian, family.guardian_id), other)
    pass_gate(town, family)
    send()
    assert [sms["text"] for sms in texts_in(sandbox)] == ["【榕光國小】王小明07:20到校。"]


def test_guardian_in_the_quiet_day_gets_no_paid_text(town: House, family: Family) -> None:
    subscribe(town, family)
    with transaction(town.engine) as session:
        binding = session.exec(select(Binding)).one()
        binding.quiet_until = town.clock.now() + timedelta(hours=1)
    pass_gate(town, family)
    assert rows(town, Channel.SMS) == []


def test_correction_goes_to_the_phone_the_no_show_went_to(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    miss(town, family)
    send()
    correct(town, family)
    send()
    assert [kind for kind, *_ in ends(town)] == ["no_show", "correction"]
    assert "已於07:20到校" in texts_in(sandbox)[1]["text"]
    assert ("correction", "no_show", "sent") in counted(town)


def test_news_older_than_an_hour_is_not_texted(town: House, family: Family) -> None:
    subscribe(town, family)
    pass_gate(town, family, at=town.clock.now() - timedelta(minutes=61))
    assert ends(town) == [("arrival", "expired", "stale")]


@pytest.mark.parametrize("language", Language)
def test_text_speaks_the_guardians_language(
    town: House, family: Family, send: Send, sandbox: SandboxClient, language: Language
) -> None:
    subscribe(town, family)
    with transaction(town.engine) as session:
        session.execute(update(Guardian).values(locale=language.value))
    pass_gate(town, family)
    send()
    (sms,) = texts_in(sandbox)
    assert ("到校" in sms["text"]) is (language is Language.CHINESE)


@pytest.mark.parametrize(
    "kind", [NoticeKind.BOUND, NoticeKind.TEST, NoticeKind.LEAVE_OTHER, NoticeKind.ARRIVAL]
)
def test_database_lets_a_number_be_used_for_nothing_else(
    town: House, family: Family, kind: NoticeKind
) -> None:
    miss(town, family)
    with pytest.raises(IntegrityError), transaction(town.engine) as session:
        session.execute(update(Notice).where(Notice.channel == "sms").values(kind=kind))
