"""What every answer carries."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

import liff.pages
from core.house import House
from core.settings import AppEnv
from liff.pages import content_policy
from liff.present import phone_link
from tests.factories import MEI
from tests.liff.conftest import Family, make_app
from tests.liff.outside import Outside
from tests.liff.phone import Phone

TEMPLATES = Path(liff.pages.__file__).parent / "templates"
STATIC = Path(liff.pages.__file__).parent / "static"


@pytest.mark.parametrize("path", ["/liff/", "/liff/home", "/liff/help", "/liff/nowhere"])
def test_pages_are_never_kept_and_allow_only_what_they_use(phone: Phone, path: str) -> None:
    headers = phone.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_policy_names_the_sandbox_only_in_development(pages: House) -> None:
    settings = pages.settings
    here = content_policy(settings)
    real = content_policy(settings.model_copy(update={"app_env": AppEnv.PRODUCTION}))
    assert f"frame-ancestors {settings.sandbox_origin}" in here
    assert "frame-ancestors 'none'" in real
    assert "script-src 'self' https://static.line-scdn.net;" in real
    assert "unsafe" not in here + real


def test_static_files_may_be_kept_for_as_long_as_their_name(phone: Phone) -> None:
    page = phone.get("/liff/help").text
    for address in re.findall(r'(?:href|src)="(/liff/static/[^"#]+)', page):
        assert "v=" in address
        answer = phone.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        answer.close()


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
    assert never.text == nowhere.text


def test_wrong_method_is_answered_with_a_page(mei: Phone) -> None:
    answer = mei.client.delete("/liff/home", headers={"X-CSRFToken": mei.token_at("/liff/account")})
    assert answer.status_code == 405
    assert "您的資料沒有變動" in answer.text


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


def test_front_end_stays_small() -> None:
    size = {path.name: path.stat().st_size for path in STATIC.iterdir()}
    assert size["app.css"] + size["tokens.css"] <= 14 * 1024
    assert size["staff.css"] <= 4 * 1024
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
