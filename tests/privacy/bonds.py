"""What comes about around a binding: codes, requests, measures, delegates, moves, sign-ins."""

from datetime import datetime, timedelta

from sqlmodel import Session, select

from bot.tables import Conversation
from core.answers.tables import HelpRequest, NoShowAnswer
from core.binding.bars import MEMBER
from core.binding.tables import (
    BindingBar,
    BindingCode,
    BindingRequest,
    CarryOver,
    Delegate,
    Measure,
)
from core.clock import school_day_of
from core.gate.make_up_requests import WORDS
from core.gate.tables import MakeUpRequest
from core.house import House
from core.identity.identities import NAME as IDENTITY_NAME
from core.identity.tables import GuardianIdentity, LinkTicket
from core.kinds import Direction, GuardianAnswer, MakeUpReason
from core.orders.paying import PHONE as ORDER_PHONE
from core.orders.plan_book import find_plan, record_plan
from core.orders.plans import Items
from core.orders.states import OrderState
from core.orders.tables import Origin, SmsOrder, SmsOrderStep
from core.people.tables import Binding, Guardian, Student, UsedIdToken, WebSession
from core.survey.replies import save_comment
from core.topics.choices import choose
from core.topics.topics import CLOSURES
from tests.orders.shop import PLAN, paid_text

REASON = "法院裁定不得接觸"
OPINION = "刷卡機排隊太久"


def plant_order(session: Session, house: House, guardian: Guardian, child: Student) -> None:
    """An order that is over, with what was done to it and a text that went by it."""
    now, phone = guardian.consented_at, f"09{guardian.id.int % 10**8:08d}"
    plan = find_plan(session, *PLAN.key) or record_plan(session, PLAN, by="operator", now=now)
    actor = f"guardian:{guardian.id}"
    order = SmsOrder(
        plan_id=plan.id,
        school_code=child.school_code,
        student_id=child.id,
        guardian_id=guardian.id,
        phone_sealed=house.vault.seal(phone, ORDER_PHONE),
        phone_index=house.vault.index(phone, ORDER_PHONE),
        items=Items.BOTH,
        state=OrderState.RETURNED,
        origin=Origin.GUARDIAN,
        asked_at=now,
        asked_by=actor,
        ended_at=now,
        reason="收據號碼不清楚",
    )
    session.add(order)
    session.flush()
    session.add(SmsOrderStep(order_id=order.id, number=1, step="ask", actor=actor, at=now))
    session.add(paid_text(order.id, now))
    session.flush()


def plant_bonds(session: Session, house: House, guardian: Guardian, child: Student) -> None:
    """A row in every table that bindings, the school's measures and delegates leave behind."""
    now = guardian.consented_at
    pair = {"guardian_id": guardian.id, "student_id": child.id}
    binding = session.exec(select(Binding).where(Binding.guardian_id == guardian.id)).one()
    code = {"student_id": child.id, "issued_by": "staff:x", "issued_at": now, "expires_at": now}
    session.add_all(
        [
            BindingRequest(
                **pair, relationship="other", proven_by="code", asked_at=now, decided_at=now
            ),
            BindingBar(
                **pair,
                member_index=house.vault.index(guardian.taipei_pass_id, MEMBER),
                member_sealed=house.vault.seal(guardian.taipei_pass_id, MEMBER),
                barred_by="staff:x",
                barred_at=now,
                lifted_at=now,
            ),
            plant_measure(house, guardian, child, now),
            BindingCode(
                code_index=house.vault.index(str(guardian.id), "binding_code.code"),
                used_by=guardian.id,
                used_at=now,
                **code,
            ),
            CarryOver(
                binding_id=binding.id, proposed_at=now, answered_at=now, is_kept=False, **pair
            ),
            plant_delegate(house, binding, now, ended_at=now),
            NoShowAnswer(
                **pair,
                school_day=school_day_of(now),
                answer=GuardianAnswer.ASK_SCHOOL,
                answered_at=now,
            ),
            HelpRequest(**pair, school_day=school_day_of(now), asked_at=now),
            MakeUpRequest(
                **pair,
                school_day=school_day_of(now),
                at=now,
                direction=Direction.IN,
                reason=MakeUpReason.FORGOTTEN,
                words_sealed=house.vault.seal("忘在家裡", WORDS),
                asked_at=now,
            ),
        ]
    )


def plant_opinions(session: Session, house: House, guardian: Guardian, now: datetime) -> None:
    """A reply to the survey, with a comment, and a topic left."""
    save_comment(session, house.vault, guardian.id, f"{OPINION} {guardian.id}", now)
    choose(session, guardian.id, CLOSURES, is_on=False, now=now)


def plant_measure(house: House, guardian: Guardian, child: Student, now: datetime) -> Measure:
    """The school kept this guardian away, and wrote why."""
    return Measure(
        student_id=child.id,
        guardian_id=guardian.id,
        kind="bar",
        reason_sealed=house.vault.seal(REASON, "binding_measure.reason"),
        taken_by="staff:x",
        taken_at=now,
    )


def plant_delegate(
    house: House,
    binding: Binding,
    now: datetime,
    *,
    line_user_id: str | None = None,
    ended_at: datetime | None = None,
) -> Delegate:
    """Somebody who receives in the guardian's stead, or was only invited to."""
    return Delegate(
        binding_id=binding.id,
        label="club",
        until=now.date() + timedelta(days=90),
        invited_at=now,
        code_index=house.vault.index(f"{binding.id}/{line_user_id}", "delegate.code"),
        code_expires_at=now,
        line_user_id=line_user_id,
        accepted_at=now if line_user_id else None,
        ended_at=ended_at,
    )


def plant_sign_ins(session: Session, house: House, guardian: Guardian, line_user_id: str) -> None:
    """A used ID token, a sign-in elsewhere, and a second identity."""
    now = guardian.consented_at
    browser = session.exec(
        select(WebSession).where(WebSession.line_user_id == line_user_id)
    ).first()
    assert browser is not None
    session.add_all(
        [
            Conversation(
                line_user_id=line_user_id,
                task="leave",
                words="請假 小明 明天".encode(),
                asked_at=now,
                expires_at=now,
            ),
            UsedIdToken(
                token_hash=f"token-{guardian.id}",
                line_user_id=line_user_id,
                browser_hash="b",
                session_hash=browser.token_hash,
                used_at=now,
                expires_at=now,
            ),
            LinkTicket(
                state_hash=f"state-{guardian.id}",
                browser_hash="b",
                line_user_id=line_user_id,
                provider="bureau",
                started_at=now,
                expires_at=now,
            ),
            GuardianIdentity(
                provider="bureau",
                subject=f"bureau-{guardian.id}",
                guardian_id=guardian.id,
                name_sealed=house.vault.seal("梅", IDENTITY_NAME),
                verify_level="1",
                verified_at=now,
            ),
        ]
    )
