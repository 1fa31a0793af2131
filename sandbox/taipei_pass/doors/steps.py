"""What all pages of a sign-in share: the visit, the page with its faults, the four-digit code."""

import functools
from collections.abc import Callable
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for

from sandbox.sms.gateway import SmsRefused, mobile_number
from sandbox.state import current
from sandbox.taipei_pass.doors.site import find_site
from sandbox.taipei_pass.members import SAMPLE_PASSWORD
from sandbox.taipei_pass.passwords import RULES, broken_rules
from sandbox.taipei_pass.proofs import SAMPLE_PIN, Claim
from sandbox.taipei_pass.visits import RESEND_AFTER, SentCode, Visit

Errors = dict[str, str]
_SENDER = "台北通 <no-reply@pass.example.org>"


def with_visit(view: Callable[..., Response]) -> Callable[..., Response]:
    """Give the view its visit; one that is over gets a page that says so."""

    @functools.wraps(view)
    def wrapped(visit_id: str) -> Response:
        visit = current().pass_visits.find(visit_id)
        if visit is None:
            heading, text = "這次登入已經逾時", "什麼都沒有改變。請回到服務重新開始。"
            return make_response(render_template("line_told.html", heading=heading, text=text), 410)
        return view(visit)

    return wrapped


def show(name: str, visit: Visit, errors: Errors | None = None, **more: Any) -> Response:
    """Return the page; with faults it is a 422 that keeps what was typed."""
    values = visit.answers | {
        key: value for key, value in request.form.items() if "password" not in key
    }
    page = render_template(
        name,
        visit=visit,
        site=find_site(visit.site),
        values=values,
        errors=errors or {},
        rules=RULES,
        sample_password=SAMPLE_PASSWORD,
        sample_pin=SAMPLE_PIN,
        **more,
    )
    return make_response(page, 422 if errors else 200)


def step(endpoint: str, visit: Visit) -> Response:
    """Go on to another page of the same visit."""
    return make_response(redirect(url_for(endpoint, visit_id=visit.visit_id), 303))


def typed(name: str) -> str:
    """Return what was typed into a field."""
    return request.form.get(name, "").strip()


def typed_claim() -> Claim:
    """Return the number and birthday that were typed."""
    return Claim(typed("id_number").upper(), typed("birthday"))


def password_faults() -> Errors:
    """Return what is wrong with the two passwords typed."""
    password = request.form.get("password", "")
    broken = broken_rules(password)
    if broken:
        return {"password": "密碼還缺：" + "、".join(broken) + "。"}
    if request.form.get("password_again", "") != password:
        return {"password_again": "兩次輸入的密碼不同。"}
    return {}


def read_contact(*, allows_phone: bool) -> tuple[str, Errors]:
    """Return the phone number or e-mail address typed as `contact`, or the fault."""
    contact = typed("contact")
    if "@" in contact:
        is_good = "." in contact.rpartition("@")[2] and " " not in contact
        return (contact.lower(), {}) if is_good else ("", {"contact": "請填完整的 e-mail。"})
    if not allows_phone:
        return "", {"contact": "組織會員請用 e-mail 註冊。"}
    try:
        return mobile_number(contact), {}
    except SmsRefused:
        return "", {"contact": "請填 09 開頭的 10 碼手機號碼，或 e-mail。"}


def send_code(visit: Visit, to: str, purpose: str, subject: str) -> bool:
    """Send four digits by text message or mail; False when the same went out just now."""
    sent = current().pass_visits.make_code(visit, to, purpose, subject)
    if sent is None:
        return False
    text = f"台北通驗證碼 {sent.digits}，5 分鐘內有效。請勿告訴他人。"
    if "@" in to:
        current().mails.write(to, "台北通驗證碼", text, _SENDER)
    else:
        current().sms.hand_over(to, text, "台北通")
    return True


def code_step(visit: Visit, purpose: str, start: str, go_on: Callable[[str], Response]) -> Response:
    """Ask for the four digits; `go_on` is told what they prove and makes the answer.

    Without a code for this purpose it goes to the page `start`.
    """
    sent = visit.code
    if sent is None or sent.purpose != purpose:
        return step(start, visit)
    if request.method == "GET":
        return _ask_code(visit, sent)
    if "resend" in request.form:
        return _send_again(visit, sent)
    wrong = current().pass_visits.check_code(visit, sent, typed("code"))
    return _ask_code(visit, sent, {"code": wrong}) if wrong else go_on(sent.subject)


def _send_again(visit: Visit, sent: SentCode) -> Response:
    if send_code(visit, sent.to, sent.purpose, sent.subject):
        return _ask_code(visit, sent)
    seconds = int(RESEND_AFTER.total_seconds())
    return _ask_code(visit, sent, {"code": f"剛剛才寄出，{seconds} 秒後可以再寄一次。"})


def _ask_code(visit: Visit, sent: SentCode, errors: Errors | None = None) -> Response:
    where = f"/mail?to={sent.to}" if "@" in sent.to else f"/sms?to={sent.to}"
    return show("pass_code.html", visit, errors, to=_masked(sent.to), where=where)


def _masked(to: str) -> str:
    if "@" not in to:
        return f"{to[:4]}***{to[-3:]}"
    name, _, host = to.partition("@")
    return f"{name[:1]}***@{host}"
