"""What every answer carries."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

import liff.pages
from core.house import House
from core.settings import AppEnv
from liff.assets import STATIC, delivered
from liff.pages import content_policy
from liff.present import phone_link
from tests.factories import MEI
from tests.liff.conftest import Family, make_app
from tests.liff.outside import Outside
from tests.liff.phone import Phone

TEMPLATES = Path(liff.pages.__file__).parent / "templates"
POLICY = "Content-Security-Policy"


@pytest.mark.parametrize("path", ["/liff/", "/liff/home", "/liff/help", "/liff/nowhere"])
def test_pages_are_never_kept_and_allow_only_what_they_use(phone: Phone, path: str) -> None:
    headers = phone.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_policy_names_the_sandbox_only_in_development(pages: House) -> None:
    settings = pages.settings
    here = content_policy(settings, "once")
    real = content_policy(settings.model_copy(update={"app_env": AppEnv.PRODUCTION}), "once")
    assert f"frame-ancestors {settings.sandbox_origin}" in here
    assert "frame-ancestors 'none'" in real
    assert "script-src 'nonce-once' https://static.line-scdn.net;" in real
    assert "unsafe" not in here + real


@pytest.mark.parametrize("path", ["/liff/", "/liff/help", "/liff/nowhere"])
def test_every_script_carries_the_nonce_of_its_own_answer(phone: Phone, path: str) -> None:
    first, second = phone.get(path), phone.get(path)
    nonces = [re.findall(r"'nonce-([^']+)'", one.headers[POLICY])[0] for one in (first, second)]
    assert nonces[0] != nonces[1]
    assert set(re.findall(r"<script[^>]*>", first.text)) == set(
        re.findall(rf'<script[^>]* nonce="{re.escape(nonces[0])}"[^>]*>', first.text)
    )


def test_static_files_may_be_kept_for_as_long_as_their_name(phone: Phone) -> None:
    page = phone.get("/liff/help").text
    addresses = re.findall(r'(?:href|src)="(/liff/static/[^"#]+)', page)
    assert len(set(addresses)) >= 4
    for address in addresses:
        assert re.fullmatch(r"/liff/static/[\w-]+\.[0-9a-f]{12}\.(css|js|svg)", address)
        answer = phone.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        answer.close()


@pytest.mark.parametrize("name", ["app.css", "app.0123456789ab.css"])
def test_file_under_another_name_is_sent_and_not_kept(phone: Phone, name: str) -> None:
    answer = phone.get(f"/liff/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    answer.close()


@pytest.mark.parametrize("name", ["nothing.css", "nothing.0123456789ab.css", "../pages.py"])
def test_file_that_is_not_there_is_not_found(phone: Phone, name: str) -> None:
    answer = phone.get(f"/liff/static/{name}")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_forms_work_over_https_although_no_referer_is_sent(
    pages: House, outside: Outside, family: Family
) -> None:
    house = replace(pages, settings=pages.settings.model_copy(update={"base_url": "https://x.tw"}))
    app = make_app(house, lambda *_: None)
    phone = Phone(app, outside)
    phone.client.environ_base["wsgi.url_scheme"] = "https"
    phone.sign_in(MEI)
    assert phone.post(family.page, {"line_arrival": "on"}).status_code == 303


def test_unknown_page_and_foreign_child_look_the_same(mei: Phone, family: Family) -> None:
    never = mei.get("/liff/children/00000000-0000-4000-8000-000000000000")
    nowhere = mei.get("/liff/nowhere")
    assert never.status_code == nowhere.status_code == 404
    texts = {re.sub(r'nonce="[^"]+"', "", page.text) for page in (never, nowhere)}
    assert len(texts) == 1


def test_wrong_method_is_answered_with_a_page(mei: Phone) -> None:
    answer = mei.client.delete("/liff/home", headers={"X-CSRFToken": mei.token_at("/liff/account")})
    assert answer.status_code == 405
    assert "您的資料沒有變動" in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("classes/%00", 404), ("classes/603?sort=%00", 400), ("codes?homeroom=6%0003", 400)],
)
def test_sign_that_no_text_holds_is_refused_in_an_address(
    officer: Phone, path: str, status: int
) -> None:
    assert officer.get(f"/liff/staff/{path}").status_code == status


def test_sign_that_no_text_holds_is_refused_in_a_form(officer: Phone) -> None:
    codes = "/liff/staff/codes"
    assert officer.post(codes, {"homeroom": "60\x003"}).status_code == 400
    assert officer.post(codes, {"homeroom": "603"}).status_code == 303


def test_our_own_fault_gives_a_code_and_no_details(app: Flask, outside: Outside) -> None:
    def break_down() -> str:
        raise RuntimeError("secret detail")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/liff/broken", "broken", break_down)
    answer = Phone(app, outside).get("/liff/broken")
    assert answer.status_code == 500
    assert re.search(r"代碼 <b>[0-9A-F]{6}</b>", answer.text)
    assert "secret detail" not in answer.text


def test_errors_elsewhere_are_left_alone(app: Flask, outside: Outside) -> None:
    answer = Phone(app, outside).get("/gate/nowhere")
    assert answer.status_code == 404
    assert "找不到這一頁" not in answer.text
    assert "Content-Security-Policy" not in answer.headers


def test_no_template_holds_a_script_or_style_of_its_own() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|javascript:", text), (
            path
        )


def test_stylesheet_is_sent_without_comments_and_says_the_same(phone: Phone) -> None:
    written = (STATIC / "app.css").read_text(encoding="utf-8")
    sent = phone.get("/liff/static/app.css").text
    assert "/*" in written
    assert "/*" not in sent
    assert ".above,.lead,.foot{color:var(--ink2);font-size:var(--note);}" in sent
    assert "calc(100% - .5rem)" in sent
    plain = re.sub(r"/\*.*?\*/", "", written, flags=re.S)
    assert re.sub(r"\s", "", sent) == re.sub(r"\s", "", plain)


def test_script_is_sent_without_comments_and_says_the_same(phone: Phone) -> None:
    for path in STATIC.glob("*.js"):
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        said = [line for line in lines if line and not line.startswith("//")]
        assert phone.get(f"/liff/static/{path.name}").text.splitlines() == said
        assert not any(line.count("`") % 2 for line in said), "a text over several lines"


def test_front_end_stays_small() -> None:
    size = {path.name: len(delivered(path.name)) for path in STATIC.iterdir()}
    assert size["app.css"] + size["tokens.css"] <= 14 * 1024
    assert size["staff.css"] <= 5 * 1024
    assert size["class.css"] <= 2 * 1024
    assert size["child.css"] <= 2 * 1024
    assert size["marks.svg"] <= 8 * 1024
    assert sum(size[name] for name in size if name.endswith(".js")) <= 8 * 1024


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("02-2758-9171", "tel:+886227589171"),
        ("1999 轉 8585", "tel:1999,8585"),
        ("02-2720-8889 轉 2844", "tel:+886227208889,2844"),
    ],
)
def test_hotlines_can_be_dialled(text: str, href: str) -> None:
    assert phone_link(text).href == href
