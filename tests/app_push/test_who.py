"""Who is told in the app, and when its token is forgotten."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from core.app_push.connecting import Connecting, connect_app
from core.db import snapshot, transaction
from core.duty.channel_check_tick import run_channel_check_tick
from core.house import House
from core.identity.identities import Provider, add_identity, drop_identity
from core.kinds import Channel, EventKind, NoticeKind, OfferState
from core.languages.language import Language
from core.notices.announcement_notices import AnnouncementNews, push_announcement
from core.notices.closure_notices import ClosureNews, tell_closures, tell_reopening
from core.notices.links import end_link_and_tell
from core.notices.partings import part
from core.notices.try_out import send_test
from core.people.guardians import PassMember
from core.people.tables import Binding, Guardian, Student
from core.post.app_push import app_gateway
from core.privacy.copies import holdings
from core.privacy.erasure import erase_guardian
from core.privacy.stopping import stop_notices
from tests.app_push.conftest import (
    ACCOUNT,
    IN_APP,
    Send,
    connect,
    ends,
    later,
    miss,
    offer,
    pass_gate,
    rows,
    token_of,
)
from tests.factories import MEI
from tests.mailing.conftest import MONDAY, ON_LINE, Family, tick
from tests.post.sandbox import pushes_in
from tests.sandbox.client import SandboxClient

STUDENTS = select(col(Student.id))
NEWS = AnnouncementNews(
    announcement_id=uuid4(), number=1, school="榕光國小", title="水管破裂，中午放學", body="…"
)


def prove_account(house: House, family: Family, account: str = ACCOUNT) -> None:
    """Add an account of the bureau to Mei."""
    member = PassMember(account, "林雅婷", "0", None, None)
    with transaction(house.engine) as session:
        add_identity(
            session,
            house.vault,
            provider=Provider.BUREAU,
            member=member,
            guardian_id=family.guardian_id,
            now=house.clock.now(),
        )


def connect_by_account(house: House, family: Family) -> Connecting:
    """Press the button."""
    gateway = app_gateway(house.settings)
    assert gateway is not None
    return connect_app(house, gateway, family.guardian_id, house.clock.now())


def forget_token(house: House, family: Family) -> None:
    """Mei was never connected."""
    with transaction(house.engine) as session:
        session.execute(update(Guardian).values(app_token_sealed=None, app_connected_at=None))


@pytest.mark.parametrize("boxes", [ON_LINE, IN_APP - {(Channel.APP, EventKind.ARRIVAL)}])
def test_who_did_not_tick_the_box_gets_no_push(
    town: House, family: Family, boxes: frozenset[tuple[Channel, EventKind]]
) -> None:
    tick(town, family, boxes)
    pass_gate(town, family)
    assert rows(town, Channel.APP) == []


def test_who_is_not_connected_gets_none(town: House, family: Family) -> None:
    forget_token(town, family)
    pass_gate(town, family)
    miss(town, family)
    assert rows(town, Channel.APP) == []


@pytest.mark.parametrize("change", ["unticked", "unbound", "stopped"])
def test_push_is_not_sent_to_who_wants_it_no_more(
    town: House, family: Family, send: Send, change: str
) -> None:
    pass_gate(town, family)
    now = town.clock.now()
    with transaction(town.engine) as session:
        if change == "unbound":
            session.execute(update(Binding).values(ended_at=now, ended_by="guardian"))
        elif change == "stopped":
            session.execute(update(Guardian).values(stopped_at=now))
    if change == "unticked":
        tick(town, family, ON_LINE)
    send()
    assert ends(town) == [("arrival", "cancelled", "not_wanted")]


def test_channel_that_is_not_offered_any_more_ends_what_waits(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    pass_gate(town, family)
    offer(town, OfferState.NOT_OFFERED)
    send()
    assert ends(town) == [("arrival", "refused", "not_offered")]
    assert pushes_in(sandbox) == []


def test_quiet_day_of_a_new_guardian_holds_in_the_app(
    town: House, family: Family, send: Send
) -> None:
    with transaction(town.engine) as session:
        until = town.clock.now() + timedelta(hours=1)
        session.execute(update(Binding).values(quiet_until=until))
    pass_gate(town, family)
    miss(town, family)
    send()
    assert sorted(ends(town)) == [
        ("arrival", "cancelled", "quiet"),
        ("no_show", "accepted", "app_202"),
    ]


def test_within_a_closure_nothing_is_told(town: House, family: Family, send: Send) -> None:
    pass_gate(town, family, is_in_closure=True)
    send()
    assert ends(town) == [("arrival", "cancelled", "closure")]


def test_card_tapped_on_a_saturday_is_told(town: House, family: Family, send: Send) -> None:
    later(town, days=5)
    pass_gate(town, family, school_day=MONDAY + timedelta(days=5))
    send()
    assert ends(town) == [("arrival", "accepted", "app_202")]


def test_push_is_in_the_guardians_language(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    with transaction(town.engine) as session:
        session.execute(update(Guardian).values(locale=Language.ENGLISH.value))
    pass_gate(town, family)
    send()
    (push,) = pushes_in(sandbox)
    assert "07:20" in push["text"]
    assert "到校" not in push["text"]


def test_departure_waits_for_the_arrival(town: House, family: Family, send: Send) -> None:
    pass_gate(town, family)
    later(town, seconds=1)
    pass_gate(town, family, kind=NoticeKind.DEPARTURE, departed_at=town.clock.now())
    send()
    sent = sorted(rows(town, Channel.APP), key=lambda row: row.created_at)
    assert [(row.kind, row.state) for row in sent] == [
        ("arrival", "accepted"),
        ("departure", "accepted"),
    ]


def test_closure_and_its_undoing_are_told(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    news = ClosureNews(
        closure_id=uuid4(),
        scope="榕光國小",
        day=MONDAY,
        part="全天",
        source="臺北市政府",
        source_at=town.clock.now(),
    )
    for tell in (tell_closures, tell_reopening):
        with transaction(town.engine) as session:
            tell(session, news, STUDENTS, town.clock.now())
        send()
        later(town, minutes=1)
    texts = [push["text"] for push in pushes_in(sandbox)]
    assert texts == ["11/23（一）停課", "11/23（一）照常上課"]


def test_announcement_is_told_once_and_opens_its_page(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    for _ in range(2):
        with transaction(town.engine) as session:
            push_announcement(session, "liff-1", NEWS, STUDENTS, town.clock.now())
        send()
    (push,) = pushes_in(sandbox)
    assert (push["title"], push["text"]) == ("學校公告", NEWS.title)
    assert push["link"] == f"https://liff.line.me/liff-1/notices/{NEWS.announcement_id}"


def test_announcement_is_told_to_nobody_who_ticked_no_box(town: House, family: Family) -> None:
    tick(town, family, ON_LINE)
    with transaction(town.engine) as session:
        push_announcement(session, "liff-1", NEWS, STUDENTS, town.clock.now())
    assert rows(town, Channel.APP) == []


def test_test_notice_goes_to_the_app_as_well(
    town: House, family: Family, send: Send, sandbox: SandboxClient
) -> None:
    with transaction(town.engine) as session:
        guardian = session.get_one(Guardian, family.guardian_id)
        send_test(session, town.settings, guardian, town.clock.now())
    send()
    assert ends(town) == [("test", "accepted", "app_202")]
    assert [push["text"] for push in pushes_in(sandbox)] == ["測試通知"]


def test_monthly_test_goes_to_an_app_that_heard_nothing_once(
    town: House, family: Family, send: Send
) -> None:
    tick(town, family, IN_APP)
    town.clock.move_to(town.clock.now() + timedelta(hours=3))  # type: ignore[attr-defined]
    for _ in range(2):
        run_channel_check_tick(town)
    assert [row.kind for row in rows(town, Channel.APP)] == ["test"]
    assert rows(town, Channel.LINE) == []


def test_account_of_the_bureau_connects_the_app(town: House, family: Family) -> None:
    forget_token(town, family)
    assert connect_by_account(town, family) is Connecting.NO_ACCOUNT
    prove_account(town, family)
    assert connect_by_account(town, family) is Connecting.DONE
    assert token_of(town, family)


def test_token_is_sealed_and_never_in_the_copy(town: House, family: Family) -> None:
    token = connect(town, family)
    with snapshot(town.engine) as session:
        stored = session.get_one(Guardian, family.guardian_id).app_token_sealed or ""
        held = str(holdings(session, town.vault, family.guardian_id, town.clock.now()))
    assert token not in stored
    assert token not in held
    assert stored not in held


@pytest.mark.parametrize("account", ["somebody-else", "signed-out"])
def test_account_without_an_app_is_not_connected(
    town: House, family: Family, sandbox: SandboxClient, account: str
) -> None:
    forget_token(town, family)
    if account == "signed-out":
        sandbox.post("/app-push/apps", {"account": ACCOUNT, "signed_in": False})
    prove_account(town, family, ACCOUNT if account == "signed-out" else account)
    assert connect_by_account(town, family) is Connecting.NO_APP
    assert token_of(town, family) == ""


def test_account_that_changed_meanwhile_connects_nothing(town: House, family: Family) -> None:
    forget_token(town, family)
    prove_account(town, family)

    class Slow:
        """A gateway during whose answer the account is taken away."""

        def connect(self, _account: str) -> str:
            with transaction(town.engine) as session:
                drop_identity(
                    session,
                    provider=Provider.BUREAU,
                    guardian_id=family.guardian_id,
                    now=town.clock.now(),
                )
            return "token"

    done = connect_app(town, Slow(), family.guardian_id, town.clock.now())  # type: ignore[arg-type]
    assert done is Connecting.NO_ACCOUNT
    assert token_of(town, family) == ""


def test_gateway_that_is_down_connects_nothing(
    town: House, family: Family, sandbox: SandboxClient
) -> None:
    forget_token(town, family)
    prove_account(town, family)
    sandbox.fault(endpoint="app_connect", status=500)
    assert connect_by_account(town, family) is Connecting.DOWN
    assert token_of(town, family) == ""


@pytest.mark.parametrize("end", ["unlinked", "unbound", "account dropped", "erased"])
def test_token_goes_with_what_it_came_by(town: House, family: Family, end: str) -> None:
    prove_account(town, family)
    connect(town, family)
    now, whose = town.clock.now(), family.guardian_id
    with transaction(town.engine) as session:
        if end == "unlinked":
            end_link_and_tell(session, town, MEI, now)
        elif end == "unbound":
            binding = family.binding_id
            part(session, town.settings, guardian_id=whose, binding_id=binding, now=now)
        elif end == "erased":
            erase_guardian(session, town.vault, whose, now)
        else:
            drop_identity(session, provider=Provider.BUREAU, guardian_id=whose, now=now)
    with snapshot(town.engine) as session:
        guardian = session.get_one(Guardian, whose)
        held = guardian.app_token_sealed, guardian.app_connected_at
    assert held == (None, None)


def test_token_outlives_a_pause(town: House, family: Family) -> None:
    with transaction(town.engine) as session:
        stop_notices(session, family.guardian_id, town.clock.now())
    assert token_of(town, family)
