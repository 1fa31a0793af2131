"""Taipei Pass: sign-in page, code, token and profile, as the city's own code uses them.

The city's single sign-on and the bureau's sign-in speak the same here, at addresses of their own.
"""

import secrets
from collections.abc import Mapping

from flask import Blueprint, Response, make_response, render_template, request

from sandbox.people import Json
from sandbox.state import current
from sandbox.taipei_pass.doors.site import Site, find_site, go_back
from sandbox.taipei_pass.grants import TOKEN_LIFE, GrantError
from sandbox.taipei_pass.members import SAMPLE_PASSWORD
from sandbox.wire.inject import faulty

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


def authorize() -> Response:
    """Let the visitor pick a sample member or sign in as in life, then go back with a code.

    `sandbox_member` names the account and skips the page.
    """
    site = _site()
    fault = _request_fault(site)
    if fault:
        home = current().settings.liff_endpoint
        page = render_template("taipei_pass_refused.html", fault=fault, home=home, title=site.title)
        return make_response(page, 400)
    carried = {key: request.values[key] for key in _CARRIED if key in request.values}
    account = request.values.get("sandbox_member", "")
    if request.values.get("cancel"):
        return go_back(carried, {"error": "access_denied"})
    if account in site.grants.members:
        challenge = carried.get("code_challenge", "")
        code = site.grants.make_code(account, carried["redirect_uri"], challenge)
        return go_back(carried, {"code": code})
    return make_response(_page(site, carried))


def token() -> Response:
    """Exchange a code; the client proves itself in the form or by HTTP Basic.

    The single sign-on gives a refresh token, too, good once and for an hour.
    """
    site = _site()
    if not _is_our_client(site):
        return _oauth_error("invalid_client", 401)
    try:
        access_token = _buy(site, request.form)
    except GrantError as error:
        return _oauth_error(str(error), 400)
    answer: Json = {
        "access_token": access_token,
        "token_type": "bearer",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "scope": request.form.get("scope", ""),
    }
    if site.refreshes:
        answer["refresh_token"] = site.grants.make_refresh(access_token)
    return make_response(answer)


def _buy(site: Site, form: Mapping[str, str]) -> str:
    grant_type = form.get("grant_type")
    if grant_type == "refresh_token" and site.refreshes:
        return site.grants.refresh(form.get("refresh_token", ""))
    if grant_type != "authorization_code":
        raise GrantError("unsupported_grant_type")
    return site.grants.exchange(
        form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier", "")
    )


def my_profile() -> Response:
    """Return the member's profile in the city's envelope."""
    member = _site().grants.find_member(_bearer())
    if member is None:
        return _envelope("TP_UNAUTHORIZED", 401, "Unauthorized", None)
    return _envelope("TP_SUCCESS", 200, "OK", member.profile())


def logout() -> Response:
    """End the token."""
    _site().grants.revoke(_bearer() or request.form.get("token", ""))
    return _envelope("TP_SUCCESS", 200, "OK", None)


def _make_blueprint(name: str, prefix: str) -> Blueprint:
    """Return one provider's pages; planned faults name it: taipei_pass_token, bureau_token."""
    made = Blueprint(name, __name__, template_folder="templates", url_prefix=prefix)
    for path, view, methods in (
        ("/oauth/authorize", authorize, ["GET", "POST"]),
        ("/oauth2/authorize", authorize, ["GET", "POST"]),
        ("/oauth/token", token, ["POST"]),
        ("/oauth2/token", token, ["POST"]),
        (f"/api/v{VERSION}/user/my", my_profile, ["GET"]),
        ("/oauth/logout", logout, ["POST"]),
    ):
        what = "profile" if view is my_profile else view.__name__
        injured = faulty(f"{name}_{what}")(view)
        made.add_url_rule(
            path, endpoint=f"{what}_{path.count('2')}", view_func=injured, methods=methods
        )
    return made


def _site() -> Site:
    return find_site(request.blueprint or "")


def _request_fault(site: Site) -> str | None:
    values = request.values
    if values.get("client_id") != site.client_id:
        return "client_id 不是這個沙盒的設定。"
    if values.get("redirect_uri", "") not in site.redirect_uris:
        return "redirect_uri 沒有登記，必須和登記的網址完全相同。"
    if values.get("response_type") != "code":
        return "response_type 必須是 code。"
    method = values.get("code_challenge_method", "S256")
    if values.get("code_challenge") and method != "S256":
        return "code_challenge_method 必須是 S256。"
    return None


def _page(site: Site, carried: dict[str, str]) -> str:
    visit = current().pass_visits.begin(site.name, carried)
    return render_template(
        "single_sign_on.html" if site.name == "isso" else "taipei_pass.html",
        site=site,
        visit=visit,
        members=list(site.grants.members.values()),
        carried=carried,
        title=site.title,
        sample_password=SAMPLE_PASSWORD,
    )


def _is_our_client(site: Site) -> bool:
    basic = request.authorization
    if basic and basic.type == "basic":
        name, secret = basic.username or "", basic.password or ""
    else:
        name = request.form.get("client_id", "")
        secret = request.form.get("client_secret", "")
    wanted = f"{site.client_id}:{site.client_secret}"
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


bp = _make_blueprint("taipei_pass", "/tpcd")
bureau_bp = _make_blueprint("bureau", "/bureau")
isso_bp = _make_blueprint("isso", "/isso")
