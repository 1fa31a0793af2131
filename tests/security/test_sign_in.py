"""One token, one session: replays, signing out, and proof for steps that can't be taken back."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode
from sqlmodel import select

from core.db import snapshot, transaction
from core.duty.scheduler import forget_old_sign_ins
from core.house import House
from core.people.sessions import KEEP
from core.people.tables import UsedIdToken, WebSession
from tests.factories import HUA, MEI, make_staff
from tests.liff.conftest import Family
from tests.liff.outside import Outside
from tests.liff.phone import Phone

# The order of P-256: for each signature (r, s) there is (r, n - s), which verifies as well.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


# Signed in or not, this page has the form and leaves the session alone.
START = "/liff/?prove=1"


def exchange(phone: Phone, token: str, **more: str) -> tuple[int, object]:
    """Bring a token to the start page; return status and answer."""
    answer = phone.post("/liff/session", {"id_token": token, **more}, form_at=START)
    return answer.status_code, answer.get_json(silent=True)


def open_sessions(house: House) -> list[WebSession]:
    with snapshot(house.engine) as session:
        return list(session.exec(select(WebSession).where(WebSession.ended_at == None)))  # noqa: E711


def other_way_of_writing(token: str) -> str:
    """Return the same token with its signature written differently."""
    signed, _, signature = token.rpartition(".")
    raw = urlsafe_b64decode(signature.encode())
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    twin = r.to_bytes(32, "big") + (ORDER - s).to_bytes(32, "big")
    return f"{signed}.{urlsafe_b64encode(twin).decode()}"


@pytest.fixture
def thief(app: Flask, outside: Outside) -> Phone:
    """Another browser, whose owner got hold of Mei's token."""
    return Phone(app, outside)


def test_token_opens_nothing_in_a_second_browser(
    phone: Phone, thief: Phone, outside: Outside, family: Family, pages: House
) -> None:
    token = outside.add_person(MEI)
    assert exchange(phone, token) == (204, None)
    assert exchange(thief, token) == (401, {"error": "used"})
    assert "小明" not in thief.text("/liff/home")
    assert "小明" in phone.text("/liff/home")
    assert len(open_sessions(pages)) == 1


def test_token_with_a_rewritten_signature_is_the_same_token(
    phone: Phone, thief: Phone, outside: Outside
) -> None:
    token = outside.add_person(MEI)
    outside.people[other_way_of_writing(token)] = outside.people[token]
    assert exchange(phone, token)[0] == 204
    assert exchange(thief, other_way_of_writing(token)) == (401, {"error": "used"})


def test_two_browsers_racing_with_one_token_open_one_session(
    app: Flask, outside: Outside, pages: House
) -> None:
    token = outside.add_person(MEI)
    phones = [Phone(app, outside) for _ in range(4)]
    fields = [{"csrf_token": one.token_at(START), "id_token": token} for one in phones]
    results: list[int] = []

    def bring(place: int) -> None:
        answer = phones[place].client.post("/liff/session", data=fields[place])
        results.append(answer.status_code)

    threads = [threading.Thread(target=bring, args=[place]) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [204, 401, 401, 401]
    assert len(open_sessions(pages)) == 1


def test_same_browser_comes_back_with_its_token_and_has_one_session(
    phone: Phone, outside: Outside, family: Family, pages: House
) -> None:
    token = outside.add_person(MEI)
    exchange(phone, token)
    phone.get("/liff/")
    assert "小明" not in phone.text("/liff/home")
    assert exchange(phone, token) == (204, None)
    assert exchange(phone, token) == (204, None)
    assert "小明" in phone.text("/liff/home")
    assert len(open_sessions(pages)) == 1


def test_same_browser_comes_back_after_its_session_lay_idle(
    phone: Phone, outside: Outside, family: Family, pages: House
) -> None:
    token = outside.add_person(MEI)
    exchange(phone, token)
    pages.clock.move_to(pages.clock.now() + timedelta(minutes=31))
    assert "data-start" in phone.get("/liff/home").text
    assert exchange(phone, token) == (204, None)
    assert "小明" in phone.text("/liff/home")


def test_browser_keeps_its_name_when_it_is_closed(phone: Phone) -> None:
    cookie = phone.get("/liff/").headers["Set-Cookie"]
    assert "Expires=" in cookie
    assert "HttpOnly" in cookie


def test_token_opens_nothing_after_signing_out(
    phone: Phone, outside: Outside, family: Family
) -> None:
    token = outside.add_person(MEI)
    exchange(phone, token)
    phone.post("/liff/session/end", {}, form_at="/liff/account")
    assert exchange(phone, token) == (401, {"error": "used"})
    assert exchange(phone, outside.add_person(MEI)) == (204, None)


def test_token_opens_nothing_elsewhere_after_somebody_of_the_school_deleted_their_data(
    phone: Phone, thief: Phone, outside: Outside, family: Family, pages: House
) -> None:
    with transaction(pages.engine) as session:
        make_staff(session, pages, MEI)
    token = outside.add_person(MEI)
    exchange(phone, token)
    assert phone.post("/liff/my-data/delete", {"word": "刪除"}).status_code == 303
    assert exchange(thief, token) == (401, {"error": "used"})


def test_signing_out_everywhere_ends_every_browser_of_the_person_and_of_nobody_else(
    mei: Phone, hua: Phone, app: Flask, outside: Outside
) -> None:
    token, tablet = outside.add_person(MEI), Phone(app, outside)
    exchange(tablet, token)
    with tablet.client.session_transaction() as cookie:
        stolen = dict(cookie)
    answer = mei.post("/liff/session/end-everywhere", {}, form_at="/liff/account")
    assert "所有裝置都已登出" in mei.text(answer.location)
    for phone in (mei, tablet):
        assert "小明" not in phone.text("/liff/home")
    # Whoever copied browser and token before is out as well.
    with tablet.client.session_transaction() as cookie:
        cookie.update(stolen)
    assert exchange(tablet, token) == (401, {"error": "used"})
    assert hua.get("/liff/account").status_code == 200


def test_account_page_offers_to_sign_out_everywhere(mei: Phone) -> None:
    assert "所有裝置登出" in mei.text("/liff/account")


def test_refused_token_leaves_a_signed_in_browser_as_it_was(
    mei: Phone, thief: Phone, outside: Outside
) -> None:
    token = outside.add_person(HUA)
    exchange(thief, token)
    assert exchange(mei, token) == (401, {"error": "used"})
    assert "小明" in mei.text("/liff/home")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_can_sign_nobody_in(
    phone: Phone, outside: Outside, headers: dict[str, str], pages: House
) -> None:
    fields = {"csrf_token": phone.token_at(START), "id_token": outside.add_person(HUA)}
    answer = phone.client.post("/liff/session", data=fields, headers=headers)
    assert (answer.status_code, answer.get_json()) == (403, {"error": "foreign"})
    assert open_sessions(pages) == []


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream"])
def test_token_in_a_body_another_site_could_send_counts_for_nothing(
    phone: Phone, outside: Outside, kind: str
) -> None:
    headers = {"X-CSRFToken": phone.token_at(START), "Content-Type": kind}
    body = f'{{"id_token": "{outside.add_person(MEI)}"}}'
    answer = phone.client.post("/liff/session", data=body, headers=headers)
    assert (answer.status_code, answer.get_json()) == (401, {"error": "invalid"})


def later(house: House, minutes: int) -> None:
    house.clock.move_to(house.clock.now() + timedelta(minutes=minutes))


def test_binding_wants_a_person_proved_within_ten_minutes(mei: Phone, pages: House) -> None:
    later(pages, 10)
    assert "加入學生" in mei.text("/liff/children/new")
    later(pages, 1)
    answer = mei.get("/liff/children/new")
    assert answer.status_code == 403
    assert "再確認一次身分" in answer.text
    assert 'data-next="/liff/children/new"' in answer.text


def test_form_opened_in_time_may_be_filled_in_slowly(mei: Phone, pages: House) -> None:
    token = mei.token_at("/liff/children/new")
    later(pages, 29)
    answer = mei.client.post("/liff/children/new", data={"csrf_token": token})
    assert answer.status_code == 422


def test_form_that_was_never_opened_is_not_taken_after_ten_minutes(
    mei: Phone, pages: House
) -> None:
    token = mei.token_at("/liff/account")
    later(pages, 11)
    answer = mei.client.post("/liff/children/new", data={"csrf_token": token})
    assert answer.status_code == 303
    page = mei.get(answer.location)
    assert "再確認一次身分" in page.text
    assert "小明" in mei.text("/liff/home")


def test_old_token_proves_nobody_anew_and_a_fresh_one_does(
    phone: Phone, outside: Outside, family: Family, pages: House
) -> None:
    old = outside.add_person(MEI)
    exchange(phone, old)
    later(pages, 11)
    assert exchange(phone, old, prove="1") == (401, {"error": "stale"})
    assert "小明" in phone.text("/liff/home")
    assert exchange(phone, outside.add_person(MEI), prove="1") == (204, None)
    assert phone.get("/liff/children/new").status_code == 200


def test_opening_the_pages_with_an_old_token_is_no_proof(
    phone: Phone, outside: Outside, family: Family, pages: House
) -> None:
    token = outside.add_person(MEI)
    later(pages, 11)
    assert exchange(phone, token) == (204, None)
    assert "小明" in phone.text("/liff/home")
    assert phone.get("/liff/children/new").status_code == 403


def test_taipei_pass_proves_the_person_too_and_leads_back_to_the_page(
    phone: Phone, outside: Outside, pages: House
) -> None:
    phone.sign_in(MEI)
    outside.be_member("pass-mei")
    phone.come_back(phone.go_to_pass())
    phone.confirm()
    later(pages, 11)
    assert phone.get("/liff/children/new").status_code == 403
    phone.come_back(phone.go_to_pass(), code="second")
    assert phone.confirm().location == "/liff/children/new"
    assert phone.get("/liff/children/new").status_code == 200


def test_first_time_parent_is_asked_once_however_long_taipei_pass_takes(
    phone: Phone, outside: Outside, pages: House
) -> None:
    phone.sign_in(MEI)
    outside.be_member("pass-mei")
    state = phone.go_to_pass()
    later(pages, 9)
    phone.come_back(state)
    later(pages, 9)
    answer = phone.confirm()
    assert phone.get(answer.location).status_code == 200


def test_tokens_and_sessions_are_forgotten_when_they_can_do_nothing_more(
    phone: Phone, outside: Outside, pages: House
) -> None:
    exchange(phone, outside.add_person(MEI))
    later(pages, 59)
    forget_old_sign_ins(pages)
    assert rows(pages) == (1, 1)
    later(pages, 2)
    forget_old_sign_ins(pages)
    assert rows(pages) == (0, 1)
    pages.clock.move_to(pages.clock.now() + KEEP)
    forget_old_sign_ins(pages)
    assert rows(pages) == (0, 0)


def rows(house: House) -> tuple[int, int]:
    with transaction(house.engine) as session:
        return len(session.exec(select(UsedIdToken)).all()), len(
            session.exec(select(WebSession)).all()
        )
