"""The edges of the application: redirects, limits, proxies, hosts, sizes, cookies."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import settings as rounds
from hypothesis import strategies as st

import app as composition
from core.house import House
from core.settings import AppEnv
from liff.assets import STATIC
from liff.guard import HOME, OWN_PATH, own_path
from liff.limits import BINDINGS, FORGED
from tests.factories import MEI
from tests.liff.conftest import Family
from tests.liff.outside import Outside
from tests.liff.phone import Phone

EVIL = "evil.example"
TRICKS = (
    f"https://{EVIL}",
    f"http://{EVIL}/liff/home",
    f"HTTPS://{EVIL}",
    f"https:{EVIL}",
    f"https:/{EVIL}",
    f"https:///{EVIL}",
    f"//{EVIL}",
    f"///{EVIL}",
    f"////{EVIL}/liff/home",
    f"/\\{EVIL}",
    f"\\/{EVIL}",
    f"\\\\{EVIL}",
    f"/\\/{EVIL}",
    f"/\t/{EVIL}",
    f"/\n/{EVIL}",
    f"/\r/{EVIL}",
    f"\t//{EVIL}",
    f" //{EVIL}",
    f"\x00//{EVIL}",
    f"/%2F{EVIL}",
    f"/%5C{EVIL}",
    f"/%09/{EVIL}",
    f"%2F%2F{EVIL}",
    f"/liff/../../{EVIL}",
    f"/liff/..//{EVIL}",
    f"/liff/%2e%2e//{EVIL}",
    f"/liff/.//{EVIL}",
    f"/liff//{EVIL}",
    f"/liff/\\{EVIL}",
    f"/liff@{EVIL}",
    f"/liff/@{EVIL}",
    f"/liff:{EVIL}",
    f"https://127.0.0.1:8000@{EVIL}",
    f"https://127.0.0.1:8000.{EVIL}",
    f"https://{EVIL}#/liff/home",
    f"https://{EVIL}?/liff/home",
    f"https://{EVIL}\\/liff/home",
    f"/liff/home?next=//{EVIL}",
    f"/liff/home?next=https://{EVIL}",
    f"/liff/home#//{EVIL}",
    f"/liff/home;//{EVIL}",
    f"/liff/home\r\nLocation: https://{EVIL}",
    f"/liff/home%0d%0aLocation:%20https://{EVIL}",
    f"/liff/home\u2028//{EVIL}",
    f"/liff/home\u0000//{EVIL}",
    f"／／{EVIL}",
    f"/／{EVIL}",
    f"〵{EVIL}",
    "//evil。example",
    "//ⓔⓥⓘⓛ.example",
    f"javascript:alert(1)//{EVIL}",
    f"JaVaScRiPt:alert(1)//{EVIL}",
    f"java\nscript:alert(1)//{EVIL}",
    f"data:text/html,<script>location='//{EVIL}'</script>",
    f"vbscript:msgbox//{EVIL}",
    f"line://app/{EVIL}",
    f"intent://{EVIL}#Intent;scheme=https;end",
    f"ftp://{EVIL}",
    f"//{EVIL}%2f..",
    f"//{EVIL}%00/liff/home",
    f"//[::1]@{EVIL}",
    f"//0x7f000001@{EVIL}",
    f"..//{EVIL}",
    f"./{EVIL}",
    f"?next=//{EVIL}",
    f"#//{EVIL}",
    f".{EVIL}",
    f"@{EVIL}",
    EVIL,
    "",
)


@pytest.fixture
def whole(pages: House) -> Flask:
    """The whole application."""
    return composition.assemble(pages)


def changed(house: House, **settings: object) -> House:
    return replace(house, settings=house.settings.model_copy(update=settings))


def requires_own(location: str) -> None:
    """Refuse an address that a browser would take to another site."""
    tidy = re.sub(r"[\t\r\n]", "", location).replace("\\", "/")
    assert urlsplit(tidy).netloc in ("", "localhost"), location
    assert not tidy.startswith("//"), location
    assert urlsplit(tidy).scheme in ("", "http"), location


def test_corpus_is_large() -> None:
    assert len(set(TRICKS)) >= 60


@pytest.mark.parametrize("trick", TRICKS)
def test_no_wanted_address_leads_to_another_site(trick: str) -> None:
    requires_own(own_path(trick))
    assert own_path(trick).startswith("/liff/")


@given(st.text(max_size=60) | st.text(alphabet="/\\.@:%?#&=lif \t\r\n", max_size=30))
@rounds(max_examples=500)
def test_nothing_written_as_a_wanted_address_leads_to_another_site(text: str) -> None:
    for trick in (text, f"/liff/{text}", f"//{text}", f"/{text}"):
        requires_own(own_path(trick))


def test_pages_and_server_know_the_same_own_addresses() -> None:
    script = (STATIC / "liff-boot.js").read_text(encoding="utf-8")
    found = re.search(r"return /\^(.+)\$/\.test\(path\)", script)
    assert found is not None
    assert found.group(1).replace("\\/", "/") == OWN_PATH.pattern


def test_no_answer_of_any_route_leads_to_another_site(whole: Flask, outside: Outside) -> None:
    phone = Phone(whole, outside).sign_in(MEI)
    token = phone.token_at("/liff/?prove=1")
    for trick in TRICKS:
        query = dict.fromkeys(("next", "liff.state", "href", "return_to", "redirect_uri"), trick)
        asked = [("/liff/", flag) for flag in ("late", "prove", "bye")]
        for path, flag in [*asked, ("/liff/home", "note"), ("/liff/account", "note")]:
            answer = phone.client.get(path, query_string={**query, flag: "1"})
            requires_own(answer.headers.get("Location", ""))
            for link in re.findall(r'(?:href|data-next)="([^"]*)"', answer.text):
                assert not link.startswith(("//", "javascript:")), link
                assert EVIL not in urlsplit(link).netloc
        answer = phone.client.post("/liff/account", data={"csrf_token": token, **query})
        requires_own(answer.headers.get("Location", ""))


@pytest.mark.parametrize("path", [f"//{EVIL}", f"//{EVIL}/%2e%2e", f"/{EVIL}//liff/", "/liff//"])
def test_odd_paths_lead_to_no_other_site(whole: Flask, path: str) -> None:
    answer = whole.test_client().get(path, base_url="http://localhost")
    requires_own(answer.headers.get("Location", ""))


def test_forged_tokens_are_braked_and_shut_nobody_of_the_same_address_out(
    whole: Flask, outside: Outside
) -> None:
    phone = Phone(whole, outside)
    token, most = phone.token_at("/liff/"), int(FORGED.split()[0])
    answers = [_bring(phone, token, "a.b.c") for _ in range(most + 1)]
    assert answers[:most] == [(401, {"error": "invalid"})] * most
    assert answers[-1] == (429, {"error": "busy"})
    assert Phone(whole, outside).sign_in(MEI).get("/liff/home").status_code == 200


def test_ordinary_sign_ins_of_a_whole_school_are_not_braked(whole: Flask, outside: Outside) -> None:
    phones = [Phone(whole, outside) for _ in range(int(FORGED.split()[0]) + 5)]
    for phone in phones:
        assert phone.sign_in(MEI).get("/liff/home").status_code == 200


def test_tries_to_bind_are_braked_by_browser(
    pages: House, whole: Flask, outside: Outside, family: Family
) -> None:
    mei, most = Phone(whole, outside).sign_in(MEI), int(BINDINGS.split()[0])
    token = mei.token_at("/liff/children/new")
    answers = [
        mei.client.post("/liff/children/new", data={"csrf_token": token}) for _ in range(most + 1)
    ]
    assert {one.status_code for one in answers[:most]} == {422}
    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"] == "60"
    assert "請 1 分鐘後再試" in answers[-1].text
    other = Phone(whole, outside).sign_in(MEI)
    assert other.post("/liff/children/new", {}).status_code == 422


@pytest.mark.parametrize(("hops", "is_fresh"), [(0, False), (1, False), (2, True)])
def test_forwarded_address_resets_limits_only_where_a_proxy_of_ours_wrote_it(
    pages: House, outside: Outside, hops: int, is_fresh: bool
) -> None:
    """Two entries come in: what the caller wrote, and the caller's address as one proxy saw it."""
    phone = Phone(composition.assemble(changed(pages, proxy_hops=hops)), outside)
    token = phone.token_at("/liff/")
    for number in range(int(FORGED.split()[0])):
        _bring(phone, token, "a.b.c", f"10.0.0.{number}, 192.0.2.1")
    last = _bring(phone, token, "a.b.c", "10.9.9.9, 192.0.2.1")
    # With two hops the left one was written by a proxy of ours as well.
    assert (last[0] == 401) is is_fresh


def test_forwarded_host_is_never_believed(pages: House) -> None:
    whole = composition.assemble(changed(pages, proxy_hops=1))
    with whole.test_client() as client:
        answer = client.get("/liff/home", headers={"X-Forwarded-Host": EVIL})
    assert EVIL not in answer.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("gate.example.tw", 200),
        ("127.0.0.1:8000", 200),
        (EVIL, 400),
        (f"gate.example.tw.{EVIL}", 400),
        (f"gate.example.tw@{EVIL}", 400),
    ],
)
def test_production_answers_to_its_own_name_only(pages: House, host: str, status: int) -> None:
    client = composition.assemble(as_production(pages)).test_client()
    assert client.get("/healthz", headers={"Host": host}).status_code == status


def as_production(house: House) -> House:
    return changed(house, app_env=AppEnv.PRODUCTION, base_url="https://gate.example.tw")


def test_cookie_of_production_is_bound_to_host_https_and_scripts_never_see_it(
    pages: House,
) -> None:
    client = composition.assemble(as_production(pages)).test_client()
    cookie = client.get("/liff/", base_url="https://gate.example.tw").headers["Set-Cookie"]
    name, *flags = (part.strip() for part in cookie.split(";"))
    assert name.startswith("__Host-gate=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(flags)
    assert not any(flag.startswith("Domain") for flag in flags)


@pytest.mark.parametrize("path", ["/liff/session", "/liff/children/new", "/liff/account"])
def test_body_larger_than_any_form_is_not_read(whole: Flask, path: str) -> None:
    answer = whole.test_client().post(path, data={"name": "x" * 70_000})
    assert answer.status_code == 413


def test_home_is_where_a_trick_ends() -> None:
    assert own_path(f"https://{EVIL}") == HOME


def _bring(phone: Phone, form: str, token: str, forwarded: str = "") -> tuple[int, object]:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    fields = {"csrf_token": form, "id_token": token}
    answer = phone.client.post("/liff/session", data=fields, headers=headers)
    return answer.status_code, answer.get_json(silent=True)
