"""Registering: kind of member, notice, contact with code, name and password, success."""

from flask import Blueprint, Response, abort, request

from sandbox.state import current
from sandbox.taipei_pass.doors.site import find_site, finish
from sandbox.taipei_pass.doors.steps import (
    Errors,
    code_step,
    password_faults,
    read_contact,
    send_code,
    show,
    step,
    typed,
    with_visit,
)
from sandbox.taipei_pass.visits import Visit

bp = Blueprint("pass_register", __name__, url_prefix="/pass", template_folder="templates")
_BOTH = ["GET", "POST"]
KINDS = ("general", "gold", "organization")
# Source: the general-member registration guide names the three kinds; the rows are examples.
SERVICES = (
    ("訂閱市政訊息、活動報名", (True, True, False)),
    ("借書、運動中心和票證", (True, True, False)),
    ("要實名的線上申辦", (False, True, False)),
    ("到離校通知、子女的學校服務", (False, True, False)),
    ("機關、公司和團體的申辦", (False, False, True)),
)
_MISSING = {
    "surname": "請填姓氏。",
    "given_name": "請填名字。",
}


@bp.get("/register")
def begin() -> Response:
    """Register without a service that asked for it."""
    return step("pass_register.kind", current().pass_visits.begin("taipei_pass", {}))


@bp.route("/<visit_id>/join", methods=_BOTH)
@with_visit
def kind(visit: Visit) -> Response:
    """Choose the kind of member and see what each may use."""
    if "join" not in find_site(visit.site).ways:
        abort(404)
    if request.method == "POST":
        if typed("kind") in KINDS:
            visit.answers["kind"] = typed("kind")
            return step("pass_register.notice", visit)
        return show("join_kind.html", visit, {"kind": "請選一種會員。"}, services=SERVICES)
    return show("join_kind.html", visit, services=SERVICES)


@bp.route("/<visit_id>/join/notice", methods=_BOTH)
@with_visit
def notice(visit: Visit) -> Response:
    """Show the notice on personal data, to be ticked before going on."""
    if "kind" not in visit.answers:
        return step("pass_register.kind", visit)
    if request.method == "GET":
        return show("join_notice.html", visit)
    if not typed("agreed"):
        return show("join_notice.html", visit, {"agreed": "請先勾選「我已閱讀並同意」。"})
    visit.answers["agreed"] = "yes"
    return step("pass_register.contact", visit)


@bp.route("/<visit_id>/join/contact", methods=_BOTH)
@with_visit
def contact(visit: Visit) -> Response:
    """Ask for a phone number or e-mail address and send the code there."""
    if "agreed" not in visit.answers:
        return step("pass_register.notice", visit)
    allows_phone = visit.answers["kind"] != "organization"
    if request.method == "GET":
        return show("join_contact.html", visit, allows_phone=allows_phone)
    found, errors = read_contact(allows_phone=allows_phone)
    if found and find_site(visit.site).directory.find(found):
        errors = {"contact": "這個帳號已經註冊過了，請直接登入。"}
    if not typed("human"):
        errors |= {"human": "請勾選「我不是機器人」。"}
    if errors:
        return show("join_contact.html", visit, errors, allows_phone=allows_phone)
    send_code(visit, found, "join", found)
    return step("pass_register.code", visit)


@bp.route("/<visit_id>/join/code", methods=_BOTH)
@with_visit
def code(visit: Visit) -> Response:
    """Take the code."""

    def go_on(contact: str) -> Response:
        visit.answers["proved"] = contact
        return step("pass_register.profile", visit)

    return code_step(visit, "join", "pass_register.contact", go_on)


@bp.route("/<visit_id>/join/profile", methods=_BOTH)
@with_visit
def profile(visit: Visit) -> Response:
    """Ask for the name and a password, and register."""
    if not visit.answers.get("proved"):
        return step("pass_register.contact", visit)
    if request.method == "GET":
        return show("join_profile.html", visit)
    errors = _profile_faults() | password_faults()
    if errors:
        return show("join_profile.html", visit, errors)
    is_organization = visit.answers["kind"] == "organization"
    member = find_site(visit.site).directory.register(
        visit.answers["proved"],
        typed("surname") + typed("given_name"),
        "organization" if is_organization else "personal",
        request.form["password"],
    )
    visit.account = member.account
    visit.answers["proved"] = ""
    return step("pass_register.done", visit)


@bp.route("/<visit_id>/join/done", methods=_BOTH)
@with_visit
def done(visit: Visit) -> Response:
    """Say that it worked; offer gold membership, or go on as a general member."""
    if visit.account not in find_site(visit.site).directory.members:
        return step("pass_register.kind", visit)
    return (
        finish(visit, visit.account) if request.method == "POST" else show("join_done.html", visit)
    )


def _profile_faults() -> Errors:
    faults = {name: words for name, words in _MISSING.items() if not typed(name)}
    too_long = {name: "最多 20 個字。" for name in _MISSING if len(typed(name)) > 20}
    return faults | too_long
