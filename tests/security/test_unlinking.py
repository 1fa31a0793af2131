"""The end of a link: nothing more is told, nobody stays signed in, LINE hears of it."""

from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import col, select

from bot.answer import MenuKind
from core.audit import AuditEntry
from core.db import snapshot, transaction
from core.house import House
from core.kinds import NoticeKind
from core.notices.links import end_link
from core.notices.outbox import NewNotice, enqueue
from core.notices.tables import Notice
from core.people.guardians import find_link
from core.people.tables import Binding
from core.postback import Action, PostbackCodec, Press
from tests.bot.conversation import hear, say
from tests.bot.happenings import make_event
from tests.bot.line_limits import words_of
from tests.factories import HUA, MEI
from tests.liff.conftest import Family
from tests.liff.outside import Outside
from tests.liff.phone import Phone
from tests.privacy.bonds import plant_delegate

FORM = "/liff/account/unlink"


@pytest.fixture
def waiting(pages: House, family: Family) -> None:
    """News of Ming waits for Mei."""
    now = pages.clock.now()
    with transaction(pages.engine) as session:
        link = find_link(session, MEI)
        assert link is not None
        notice = NewNotice(
            kind=NoticeKind.ARRIVAL,
            guardian_id=link.guardian_id,
            line_user_id=MEI,
            school_day=now.date(),
            at=now,
            content=b"[]",
        )
        enqueue(session, [notice], now)


def states(house: House) -> dict[str, tuple[str, str | None]]:
    with snapshot(house.engine) as database:
        rows = database.exec(select(Notice)).all()
        return {row.kind: (row.state, row.outcome) for row in rows}


def audited(house: House) -> set[str]:
    with snapshot(house.engine) as database:
        actions = select(AuditEntry.action).where(col(AuditEntry.action).startswith("account."))
        return set(database.exec(actions)) - {"account.link"}


def press_unlink(house: House, user: str) -> list[str]:
    data = PostbackCodec(house.settings).seal(
        Press(Action.UNLINK_SURE, ""), user, house.clock.now()
    )
    answer = hear(house, make_event("postback", user=user, postback={"data": data}))
    assert answer.menu is MenuKind.UNBOUND
    return words_of(answer.messages)


def test_page_ends_the_link_and_gives_the_permission_back(
    pages: House, mei: Phone, waiting: None, outside: Outside
) -> None:
    fields = {"action": "unlink", "access_token": "liff-access-token"}
    assert mei.post("/liff/account", fields, form_at=FORM).location == "/liff/account/unlinked"
    assert "重新登入就能恢復" in mei.text("/liff/account/unlinked")
    assert states(pages) == {
        "arrival": ("cancelled", "unlinked"),
        "unlinked": ("pending", None),
    }
    assert "/user/v1/deauthorize" in outside.asked
    assert audited(pages) == {"account.unlink", "account.deauthorized"}


@pytest.mark.parametrize("token", ["", "<b>", "x" * 3000])
def test_link_ends_without_the_users_token_and_the_audit_says_what_is_missing(
    pages: House, mei: Phone, outside: Outside, token: str
) -> None:
    mei.post("/liff/account", {"action": "unlink", "access_token": token}, form_at=FORM)
    assert "/user/v1/deauthorize" not in outside.asked
    assert audited(pages) == {"account.unlink", "account.deauthorize_missed"}


@pytest.mark.parametrize("path", ["/user/v1/deauthorize", "/oauth2/v3/token"])
def test_link_ends_while_line_does_not_answer(
    pages: House, mei: Phone, outside: Outside, path: str
) -> None:
    outside.broken.add(path)
    fields = {"action": "unlink", "access_token": "liff-access-token"}
    assert mei.post("/liff/account", fields, form_at=FORM).status_code == 303
    assert audited(pages) == {"account.unlink", "account.deauthorize_missed"}


def test_every_browser_of_the_line_user_is_signed_out(
    app: Flask, pages: House, mei: Phone, outside: Outside
) -> None:
    other = Phone(app, outside).sign_in(MEI)
    mei.post("/liff/account", {"action": "unlink"}, form_at=FORM)
    for phone in (mei, other):
        assert "小明" not in phone.text("/liff/home")
        assert phone.get("/liff/account").text.count("data-next") == 1


def test_chat_asks_first_and_then_ends_the_link(
    pages: House, family: Family, waiting: None, mei: Phone
) -> None:
    assert "確定要解除嗎？" in "".join(say(pages, "解除連結"))
    assert "小明" in mei.text("/liff/home")
    assert "重新登入就能恢復" in "".join(press_unlink(pages, MEI))
    assert states(pages) == {"arrival": ("cancelled", "unlinked")}
    assert "小明" not in mei.text("/liff/home")
    assert audited(pages) == {"account.unlink", "account.deauthorize_missed"}


def test_button_of_another_ends_nothing(pages: House, family: Family) -> None:
    data = PostbackCodec(pages.settings).seal(Press(Action.UNLINK_SURE, ""), MEI, pages.clock.now())
    answer = hear(pages, make_event("postback", user=HUA, postback={"data": data}))
    assert "這個按鈕不能在這裡使用" in "".join(words_of(answer.messages))
    with snapshot(pages.engine) as database:
        assert find_link(database, MEI) is not None


def test_former_line_account_is_signed_out_when_the_link_moves(
    app: Flask, pages: House, mei: Phone, outside: Outside, waiting: None
) -> None:
    outside.be_member(f"pass-{MEI[-6:]}")
    new = Phone(app, outside).sign_in(HUA)
    new.come_back(new.go_to_pass())
    new.confirm()
    assert "小明" not in mei.text("/liff/home")
    with snapshot(pages.engine) as database:
        whom = dict(database.exec(select(Notice.kind, Notice.line_user_id)).all())
    assert whom == {"arrival": HUA, "link_new": HUA, "link_old": MEI}


def test_what_somebody_receives_for_another_outlives_their_own_link(
    pages: House, mei: Phone, hua: Phone, family: Family
) -> None:
    with transaction(pages.engine) as session:
        binding = session.exec(select(Binding).where(Binding.id == UUID(family.binding_id))).one()
        delegate = plant_delegate(pages, binding, pages.clock.now(), line_user_id=HUA)
        session.add(delegate)
        session.flush()
        notice = NewNotice(
            kind=NoticeKind.ARRIVAL,
            guardian_id=binding.guardian_id,
            delegate_id=delegate.id,
            line_user_id=HUA,
            student_id=binding.student_id,
            school_day=pages.clock.now().date(),
            at=pages.clock.now(),
            content=b"[]",
        )
        enqueue(session, [notice], pages.clock.now())
        end_link(session, HUA, pages.clock.now())
    with snapshot(pages.engine) as session:
        waits = session.exec(select(Notice).where(col(Notice.delegate_id).is_not(None))).one()
    assert waits.state == "pending"
