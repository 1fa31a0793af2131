"""The notice and the answers to it."""

import pytest
from sqlmodel import select

from core.db import snapshot, transaction
from core.house import House
from core.people.tables import Consent, Guardian
from liff.privacy import CONSENT
from tests.factories import HUA, MEI
from tests.liff.conftest import Family
from tests.liff.outside import Outside
from tests.liff.phone import Phone, text_of

NOW = CONSENT.version
SIX = ("一、誰蒐集", "二、為什麼", "三、蒐集什麼", "四、期間", "五、您的權利", "六、不提供會怎樣")


@pytest.fixture
def outdated(mei: Phone, pages: House) -> Phone:
    """Mei, who agreed to an earlier version."""
    with transaction(pages.engine) as session:
        guardian = session.exec(select(Guardian)).one()
        guardian.consent_version = "0"
        session.add(guardian)
    return mei


def answers(house: House) -> list[tuple[str, str]]:
    """The history, oldest first."""
    with snapshot(house.engine) as session:
        rows = session.exec(select(Consent).order_by(Consent.at, Consent.how.desc()))  # type: ignore[attr-defined, arg-type]
        return [(row.version, row.how) for row in rows]


def test_notice_has_the_six_items_and_the_periods_of_the_settings(
    phone: Phone, pages: House
) -> None:
    text = phone.text("/liff/privacy")
    assert [one for one in SIX if one not in text] == []
    assert (
        "學期結束後 30 天，通知內容 7 天、發送紀錄 90 天，核對失敗紀錄 180 天，查詢紀錄 5 年"
        in text
    )


def test_notice_names_texts_and_who_receives_what_is_sent(phone: Phone) -> None:
    text = phone.text("/liff/privacy")
    assert "辦理請假和簡訊服務（教育行政、學生資料管理）" in text
    assert "LINE、e-mail 和簡訊業者只收到發送所需的內容，LINE 的主機可能在國外。" in text


def test_who_agreed_before_texts_were_named_is_asked_again(mei: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        session.exec(select(Guardian)).one().consent_version = "1"
    text = mei.text(mei.get("/liff/home").location)
    assert "目的寫明簡訊服務，對象寫明 e-mail 和簡訊業者。請再看一次。" in text


def test_whole_notice_stands_where_accounts_are_linked(phone: Phone, outside: Outside) -> None:
    outside.be_member("pass-hua")
    phone.sign_in(HUA)
    phone.come_back(phone.go_to_pass())
    text = phone.text("/liff/taipei-pass/confirm")
    assert [one for one in SIX if one not in text] == []
    assert "我已閱讀並同意" in text


def test_no_at_the_first_linking_stores_nothing(
    phone: Phone, pages: House, outside: Outside
) -> None:
    outside.be_member("pass-hua")
    phone.sign_in(HUA)
    phone.come_back(phone.go_to_pass())
    answer = phone.confirm(answer="declined")
    assert "沒有保存任何資料，隨時可以再來" in phone.text(answer.location)
    with snapshot(pages.engine) as session:
        assert session.exec(select(Guardian)).all() == []
        assert session.exec(select(Consent)).all() == []
    assert phone.get("/liff/taipei-pass/confirm").location == "/liff/home"


def test_linking_without_the_tick_stores_nothing(
    phone: Phone, pages: House, outside: Outside
) -> None:
    outside.be_member("pass-hua")
    phone.sign_in(HUA)
    phone.come_back(phone.go_to_pass())
    assert phone.confirm(consent="").status_code == 422
    with snapshot(pages.engine) as session:
        assert session.exec(select(Guardian)).all() == []


def test_every_yes_is_kept(mei: Phone, pages: House, outside: Outside) -> None:
    outside.be_member(f"pass-{MEI[-6:]}")
    mei.come_back(mei.go_to_pass())
    mei.confirm()
    assert answers(pages) == [(NOW, "link"), (NOW, "link")]
    assert mei.text("/liff/consents").count("連結台北通時同意") == 2


@pytest.mark.parametrize(
    "path", ["/liff/home", "/liff/account", "/liff/children/new", "/liff/leaves"]
)
def test_new_version_is_shown_before_any_other_page(outdated: Phone, path: str) -> None:
    answer = outdated.get(path)
    assert answer.location == f"/liff/consent?next={path}"
    text = outdated.text(answer.location)
    assert f"告知內容有更新（{CONSENT.day:%Y/%m/%d}）：" in text
    assert "請再看一次" in text


def test_childs_page_waits_for_the_answer_too(outdated: Phone, family: Family) -> None:
    assert outdated.get(family.page).location.startswith("/liff/consent")


@pytest.mark.parametrize(
    "path",
    ["/liff/my-data", "/liff/my-data/copy", "/liff/my-data/stop", "/liff/my-data/delete"],
)
def test_rights_do_not_wait_for_a_consent(outdated: Phone, path: str) -> None:
    assert outdated.get(path).status_code == 200


def test_yes_to_the_new_version_leads_on_and_is_kept(outdated: Phone, pages: House) -> None:
    fields = {"answer": "yes", "consent": NOW, "next": "/liff/account"}
    assert outdated.post("/liff/consent", fields).location == "/liff/account"
    assert answers(pages)[-1] == (NOW, "again")
    assert outdated.get("/liff/home").status_code == 200


def test_yes_without_the_tick_asks_for_it(outdated: Phone, pages: House) -> None:
    answer = outdated.post("/liff/consent", {"answer": "yes"})
    assert answer.status_code == 422
    assert "請閱讀並勾選同意" in text_of(answer)
    assert answers(pages) == [(NOW, "link")]


def test_who_is_no_real_name_member_any_more_can_answer_too(outdated: Phone, pages: House) -> None:
    with transaction(pages.engine) as session:
        session.exec(select(Guardian)).one().verify_level = "0"
    answer = outdated.post("/liff/consent", {"consent": NOW, "next": "/liff/home"})
    assert answer.location == "/liff/home"
    assert outdated.get("/liff/home").status_code == 200


def test_same_yes_sent_twice_is_kept_once(outdated: Phone, pages: House) -> None:
    for _ in range(2):
        outdated.post("/liff/consent", {"answer": "yes", "consent": NOW})
    assert answers(pages) == [(NOW, "link"), (NOW, "again")]


def test_no_to_the_new_version_shows_the_ways_out_and_asks_again(
    outdated: Phone, pages: House
) -> None:
    answer = outdated.post("/liff/consent", {"answer": "no"})
    assert "沒有同意新的內容" in outdated.text(answer.location)
    assert answers(pages)[-1] == (NOW, "declined")
    assert outdated.get("/liff/home").location.startswith("/liff/consent")


def test_answer_never_leads_to_another_site(outdated: Phone) -> None:
    fields = {"answer": "yes", "consent": NOW, "next": "https://evil.example/"}
    assert outdated.post("/liff/consent", fields).location == "/liff/home"


def test_whoever_agreed_to_this_version_is_not_asked(mei: Phone) -> None:
    assert mei.get("/liff/home").status_code == 200


def test_after_the_question_the_page_is_the_one_that_was_asked_for(
    outdated: Phone, family: Family
) -> None:
    wanted = f"{family.page}?day=2026-11-20"
    page = outdated.get(outdated.get(wanted).location)
    assert f'name="next" value="{wanted}"' in page.text
