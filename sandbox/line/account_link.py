"""access.line.me's account linking: is this browser the one the link token was made for?"""

from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request

from sandbox.login.liff_login import PERSON_PARAMETER
from sandbox.people import Person
from sandbox.state import current
from sandbox.wire.request import Refusal

bp = Blueprint("line_account_link", __name__, template_folder="templates")
NONCE_LENGTHS = range(10, 256)


@bp.get("/dialog/bot/accountLink")
def dialog() -> Response:
    """Let the visitor say who they are signed in as, then tell the app by webhook.

    A token that is unknown, used or ten minutes old sends no event; another person's sends a failed
    one, without a source.
    """
    nonce = request.args.get("nonce", "")
    if len(nonce) not in NONCE_LENGTHS or not nonce.isascii():
        raise Refusal(400, "The nonce must have 10 to 255 characters")
    person = current().world.people.get(request.args.get(PERSON_PARAMETER, ""))
    if person is None:
        return _ask_who()
    owner = current().logins.take_link_token(request.args.get("linkToken", ""))
    if owner is None:
        return _show("連結已過期", "這個連結已經用過或過期，什麼都沒有改變。", 400)
    return _link(person if owner == person.user_id else None, nonce)


def _ask_who() -> Response:
    fixed = {name: request.args.get(name, "") for name in ("linkToken", "nonce")}
    links = [
        (person, f"?{urlencode(fixed | {PERSON_PARAMETER: person.user_id})}")
        for person in current().world.people.values()
    ]
    return make_response(render_template("line_sign_in.html", links=links))


def _link(person: Person | None, nonce: str) -> Response:
    state = current()
    state.webhooks.put(state.events.account_link(person, nonce))
    if person is None:
        return _show("無法連結", "這個連結是給另一個 LINE 帳號的，什麼都沒有改變。", 400)
    return _show("LINE 已確認帳號", "請回到 LINE 的聊天查看結果。", 200)


def _show(heading: str, text: str, status: int) -> Response:
    return make_response(render_template("line_told.html", heading=heading, text=text), status)
