"""access.line.me for LIFF apps in an ordinary browser and for web login: who, consent, code."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request

from sandbox.login.codes import Agreed, CodeError
from sandbox.login.tokens import ACCESS_TOKEN_LIFE
from sandbox.people import Json, Person
from sandbox.phone.page import follow
from sandbox.state import current
from sandbox.wire.answer import Refusal
from sandbox.wire.inject import faulty

bp = Blueprint("liff_login", __name__, template_folder="templates")
PERSON_PARAMETER = "phone"
DENIED = {
    "error": "access_denied",
    "error_description": "The resource owner denied the request.",
}
_WORDS = {
    "openid": "您的 LINE 識別碼",
    "profile": "您的名稱和頭貼",
    "chat_message.write": "以您的名義在聊天室傳訊息",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request. `is_liff` tells the SDK's login from web login."""

    redirect_uri: str
    scope: tuple[str, ...]
    bot_prompt: str
    is_liff: bool

    def way_back(self) -> dict[str, str]:
        """Return what goes back beside the code or the error."""
        more = {"state": request.args["state"]} if "state" in request.args else {}
        if self.is_liff:
            client_id = current().settings.line_login_channel_id
            more |= {"liffClientId": client_id, "liffRedirectUri": self.redirect_uri}
        return more


@bp.get("/liff/v1/authorize")
@faulty("liff_authorize")
def authorize_app() -> Response:
    """Sign somebody in to the LIFF app; LINE's SDK sends everybody outside LINE here."""
    settings, app = current().settings, current().liff_app
    if request.args.get("app_id") != settings.liff_id:
        raise Refusal(400, "invalid app_id")
    if not request.args.get("code_challenge"):
        raise Refusal(400, "code_challenge is missing")
    redirect_uri = request.args.get("redirect_uri", settings.liff_endpoint)
    if not redirect_uri.startswith(settings.liff_endpoint):
        raise Refusal(400, "redirect_uri must start with the endpoint URL")
    return _authorize(Asked(redirect_uri, app.scope, app.bot_prompt, is_liff=True))


@bp.get("/oauth2/v2.1/authorize")
@faulty("login_authorize")
def authorize_web() -> Response:
    """Sign somebody in by LINE Login; the prompt to befriend the account is `bot_prompt`."""
    settings, asked = current().settings, request.args
    if asked.get("client_id") != settings.line_login_channel_id:
        raise Refusal(400, "invalid client_id")
    redirect_uri = asked.get("redirect_uri", "")
    if not redirect_uri.startswith(f"{settings.app_url}/"):
        raise Refusal(400, "invalid redirect_uri")
    if not asked.get("state"):
        raise Refusal(400, "state is missing")
    scope = tuple(asked.get("scope", "").split())
    if not set(scope) & {"openid", "profile"}:
        raise Refusal(400, "invalid scope")
    return _authorize(Asked(redirect_uri, scope, asked.get("bot_prompt", "off"), is_liff=False))


@faulty("login_token")
def login_token() -> Response:
    """Buy tokens for a code or a refresh token; the LIFF SDK has no secret but proves PKCE.

    Shares its address with channel tokens, which come by client credentials.
    """
    form, settings = request.form, current().settings
    if form.get("grant_type") not in ("authorization_code", "refresh_token"):
        return _refuse("unsupported_grant_type", "unsupported grant_type")
    if form.get("client_id") != settings.line_login_channel_id:
        return _refuse("invalid_client", "invalid client_id")
    is_liff = form.get("appId") == settings.liff_id
    if not is_liff and form.get("client_secret") != settings.line_login_channel_secret:
        return _refuse("invalid_client", "invalid client_secret")
    if form.get("grant_type") == "refresh_token":
        return _refresh(form.get("refresh_token", ""))
    try:
        agreed = current().login_codes.take(
            form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier", "")
        )
    except CodeError as error:
        return _refuse("invalid_grant", str(error))
    return make_response(_tokens(agreed, is_jwk=form.get("id_token_key_type") == "JWK"))


def _authorize(asked: Asked) -> Response:
    args = request.args
    if args.get("response_type") != "code":
        raise Refusal(400, "invalid response_type")
    if args.get("code_challenge") and args.get("code_challenge_method") != "S256":
        raise Refusal(400, "invalid code_challenge_method")
    if "refuse" in args:
        return _go_back(asked, DENIED | ({"liffOAuth2Error": "true"} if asked.is_liff else {}))
    person = current().world.people.get(args.get(PERSON_PARAMETER, ""))
    if person is None:
        return _page("liff_login.html", asked)
    is_friend = person.friend and not person.blocked
    if asked.bot_prompt == "aggressive" and not is_friend and "befriend" not in args:
        return _page("liff_befriend.html", asked)
    return _agree(asked, person, is_friend=is_friend)


def _agree(asked: Asked, person: Person, *, is_friend: bool) -> Response:
    state, args = current(), request.args
    state.liff_app.agreed.add(person.user_id)
    wants = args.get("befriend") == "yes" and not is_friend
    if wants:
        follow(person.user_id)
    agreed = Agreed(
        person.user_id,
        asked.redirect_uri,
        " ".join(asked.scope),
        args.get("code_challenge", ""),
        args.get("nonce", ""),
    )
    answer = {"code": state.login_codes.make(agreed)}
    if asked.bot_prompt != "off":
        answer["friendship_status_changed"] = "true" if wants else "false"
    return _go_back(asked, answer)


def _page(name: str, asked: Asked) -> Response:
    carried = [(key, value) for key, value in request.args.items(multi=True)]
    return make_response(
        render_template(
            name,
            carried=carried,
            people=list(current().world.people.values()),
            permissions=[_WORDS[one] for one in asked.scope if one in _WORDS],
            bot_prompt=asked.bot_prompt,
        )
    )


def _go_back(asked: Asked, answer: dict[str, str]) -> Response:
    target = asked.redirect_uri
    joint = "&" if "?" in target else "?"
    return make_response(redirect(f"{target}{joint}{urlencode(answer | asked.way_back())}", 302))


def _refresh(refresh_token: str) -> Response:
    logins = current().logins
    access = logins.find_refresh(refresh_token)
    if access is None:
        return _refuse("invalid_grant", "invalid refresh token")
    return make_response(_access(access.user_id, access.scope) | {"refresh_token": refresh_token})


def _tokens(agreed: Agreed, *, is_jwk: bool) -> Json:
    state = current()
    name = state.world.people[agreed.user_id].name
    body = _access(agreed.user_id, agreed.scope)
    body["refresh_token"] = state.logins.make_refresh_token(agreed.user_id, agreed.scope)
    if "openid" in agreed.scope.split():
        nonce = {"nonce": agreed.nonce} if agreed.nonce else {}
        body["id_token"] = (
            state.logins.make_id_token(agreed.user_id, name, nonce)
            if is_jwk
            else state.logins.make_web_id_token(agreed.user_id, name, agreed.nonce)
        )
    return body


def _access(user_id: str, scope: str) -> Json:
    return {
        "access_token": current().logins.make_access_token(user_id, scope),
        "token_type": "Bearer",
        "expires_in": int(ACCESS_TOKEN_LIFE.total_seconds()),
        "scope": scope,
    }


def _refuse(error: str, description: str) -> Response:
    return make_response({"error": error, "error_description": description}, 400)
