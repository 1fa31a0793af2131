"""Taipei Pass: sign-in page, code, token and profile, as the city's own code uses them."""

import secrets
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request

from sandbox.inject import faulty
from sandbox.people import Json
from sandbox.state import current
from sandbox.taipei_pass_grants import TOKEN_LIFE, GrantError

bp = Blueprint("taipei_pass", __name__, template_folder="pages", url_prefix="/tpcd")
VERSION = "1.0.9"
# What the sign-in page carries from the request to the choice.
_CARRIED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


@bp.route("/oauth/authorize", methods=["GET", "POST"])
@bp.route("/oauth2/authorize", methods=["GET", "POST"])
@faulty("taipei_pass_authorize")
def authorize() -> Response:
    """Let the visitor pick a sample member, then go back with a code.

    `sandbox_member` names the account and skips the page.
    """
    fault = _request_fault()
    if fault:
        home = current().settings.liff_endpoint
        page = render_template("taipei_pass_refused.html", fault=fault, home=home)
        return make_response(page, 400)
    account = request.values.get("sandbox_member", "")
    if request.values.get("cancel"):
        return _back({"error": "access_denied"})
    grants = current().taipei_pass
    if account in grants.members:
        challenge = request.values.get("code_challenge", "")
        code = grants.make_code(account, request.values["redirect_uri"], challenge)
        return _back({"code": code})
    return make_response(_page())


@bp.post("/oauth/token")
@bp.post("/oauth2/token")
@faulty("taipei_pass_token")
def token() -> Response:
    """Exchange a code; the client proves itself in the form or by HTTP Basic."""
    if not _is_our_client():
        return _oauth_error("invalid_client", 401)
    form = request.form
    if form.get("grant_type") != "authorization_code":
        return _oauth_error("unsupported_grant_type", 400)
    try:
        access_token = current().taipei_pass.exchange(
            form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier", "")
        )
    except GrantError as error:
        return _oauth_error(str(error), 400)
    return make_response(
        {
            "access_token": access_token,
            "token_type": "bearer",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
            "scope": form.get("scope", ""),
        }
    )


@bp.get(f"/api/v{VERSION}/user/my")
@faulty("taipei_pass_profile")
def my_profile() -> Response:
    """Return the member's profile in the city's envelope."""
    member = current().taipei_pass.find_member(_bearer())
    if member is None:
        return _envelope("TP_UNAUTHORIZED", 401, "Unauthorized", None)
    return _envelope("TP_SUCCESS", 200, "OK", member.profile())


@bp.post("/oauth/logout")
@faulty("taipei_pass_logout")
def logout() -> Response:
    """End the token."""
    current().taipei_pass.revoke(_bearer() or request.form.get("token", ""))
    return _envelope("TP_SUCCESS", 200, "OK", None)


def _request_fault() -> str | None:
    values, settings = request.values, current().settings
    if values.get("client_id") != settings.taipei_pass_client_id:
        return "client_id 不是這個沙盒的設定。"
    if not values.get("redirect_uri", "").startswith(f"{settings.app_url}/"):
        return "redirect_uri 不在服務的網址下。"
    if values.get("response_type") != "code":
        return "response_type 必須是 code。"
    method = values.get("code_challenge_method", "S256")
    if values.get("code_challenge") and method != "S256":
        return "code_challenge_method 必須是 S256。"
    return None


def _page() -> str:
    carried = {key: request.values[key] for key in _CARRIED if key in request.values}
    members = list(current().taipei_pass.members.values())
    return render_template("taipei_pass.html", members=members, carried=carried)


def _back(answer: dict[str, str]) -> Response:
    if "state" in request.values:
        answer["state"] = request.values["state"]
    target = request.values["redirect_uri"]
    separator = "&" if "?" in target else "?"
    return make_response(redirect(f"{target}{separator}{urlencode(answer)}", 302))


def _is_our_client() -> bool:
    settings, basic = current().settings, request.authorization
    if basic and basic.type == "basic":
        name, secret = basic.username or "", basic.password or ""
    else:
        name = request.form.get("client_id", "")
        secret = request.form.get("client_secret", "")
    wanted = f"{settings.taipei_pass_client_id}:{settings.taipei_pass_client_secret}"
    return secrets.compare_digest(f"{name}:{secret}".encode(), wanted.encode())


def _bearer() -> str:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return bearer if scheme.lower() == "bearer" else ""


def _oauth_error(error: str, status: int) -> Response:
    return make_response({"error": error}, status)


def _envelope(name: str, status: int, phrase: str, data: Json | None) -> Response:
    body: Json = {
        "name": name,
        "status": status,
        "reasonPhrase": phrase,
        "data": data,
        "extra": None,
        "version": VERSION,
    }
    return make_response(body, status)
