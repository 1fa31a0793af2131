"""LINE Login: token verification, public keys, profile, friendship, and ending a permission."""

from flask import Blueprint, Response, make_response, request

from sandbox.login.tokens import Access, LoginError
from sandbox.people import Person
from sandbox.state import current
from sandbox.wire.answer import UNAUTHORISED, Refusal, bearer_of
from sandbox.wire.inject import faulty
from sandbox.wire.request import json_body

bp = Blueprint("line_login", __name__)
# Endpoints LINE's SDK calls from the app's pages.
_FROM_PAGES = (
    "/v2/profile",
    "/friendship/v1/status",
    "/oauth2/v2.1/",
    "/liff/v2/",
    "/message/v3/share",
    "/liff/friendship",
)


@bp.errorhandler(LoginError)
def refuse(error: LoginError) -> Response:
    """Answer as LINE Login does."""
    return make_response({"error": "invalid_request", "error_description": str(error)}, 400)


@bp.post("/oauth2/v2.1/verify")
@faulty("verify")
def verify_id_token() -> Response:
    """Return the claims of a good ID token."""
    form = request.form
    client_id = form.get("client_id", "")
    if not client_id:
        raise LoginError("client_id is missing")
    claims = current().logins.verify_id_token(
        form.get("id_token", ""),
        client_id,
        nonce=form.get("nonce", ""),
        user_id=form.get("user_id", ""),
    )
    return make_response(claims)


@bp.get("/oauth2/v2.1/verify")
@faulty("verify_access")
def verify_access_token() -> Response:
    """Tell which channel an access token belongs to and how long it lasts."""
    logins = current().logins
    of_channel = current().channel_tokens.find(request.args.get("access_token", ""))
    if of_channel:
        left = current().channel_tokens.seconds_left(of_channel)
        return make_response({"client_id": of_channel.channel_id, "expires_in": left})
    access = logins.find_access(request.args.get("access_token", ""))
    return make_response(
        {
            "scope": access.scope,
            "client_id": current().settings.line_login_channel_id,
            "expires_in": logins.seconds_left(access),
        }
    )


@bp.get("/oauth2/v2.1/certs")
@faulty("certs")
def certs() -> Response:
    """Return the public keys of ID tokens."""
    return make_response(current().logins.certs())


@bp.get("/.well-known/openid-configuration")
def openid_configuration() -> Response:
    """Describe the issuer."""
    origin = current().settings.origin
    return make_response(
        {
            "issuer": "https://access.line.me",
            "authorization_endpoint": f"{origin}/oauth2/v2.1/authorize",
            "token_endpoint": f"{origin}/oauth2/v2.1/token",
            "userinfo_endpoint": f"{origin}/oauth2/v2.1/userinfo",
            "revocation_endpoint": f"{origin}/oauth2/v2.1/revoke",
            "jwks_uri": f"{origin}/oauth2/v2.1/certs",
            "id_token_signing_alg_values_supported": ["ES256"],
        }
    )


@bp.post("/oauth2/v2.1/revoke")
@faulty("token_revoke")
def revoke() -> Response:
    """Make a token worthless: a user's access token, or a channel's v2.1 one."""
    form = request.form
    token, channel_id = form.get("access_token", ""), form.get("client_id", "")
    current().channel_tokens.check_secret(channel_id, form.get("client_secret", ""))
    current().channel_tokens.revoke(token, channel_id=channel_id)
    current().logins.revoke(token)
    return make_response("", 200)


@bp.route("/oauth2/v2.1/userinfo", methods=["GET", "POST"])
@faulty("userinfo")
def userinfo() -> Response:
    """Tell the signed-in user's id and name in OpenID's words."""
    person, _ = bearer_person()
    return make_response({"sub": person.user_id, "name": person.name})


@bp.get("/v2/profile")
@faulty("login_profile")
def login_profile() -> Response:
    """Tell the signed-in user's id and name."""
    person, _ = bearer_person()
    return make_response({"userId": person.user_id, "displayName": person.name})


@bp.get("/friendship/v1/status")
@faulty("friendship")
def friendship() -> Response:
    """Tell whether the signed-in user is a friend who did not block us."""
    person, _ = bearer_person()
    return make_response({"friendFlag": person.friend and not person.blocked})


@bp.post("/user/v1/deauthorize")
@faulty("deauthorize")
def deauthorize() -> Response:
    """End the permission a user gave to the LIFF app."""
    if not current().channel_tokens.is_login_channel(_bearer()):
        raise Refusal(401, UNAUTHORISED)
    token = json_body().get("userAccessToken")
    try:
        access = current().logins.find_access(str(token))
    except LoginError as error:
        raise Refusal(400, "The userAccessToken is invalid") from error
    current().logins.revoke_user(access.user_id)
    current().liff_app.agreed.discard(access.user_id)
    return make_response("", 204)


def bearer_person() -> tuple[Person, Access]:
    """Return who calls with a LIFF access token; refuse with 401 otherwise."""
    try:
        access = current().logins.find_access(_bearer())
    except LoginError as error:
        raise Refusal(401, "invalid token!") from error
    return current().world.people[access.user_id], access


def _bearer() -> str:
    return bearer_of(request.headers.get("Authorization", ""))


@bp.after_app_request
def allow_app_pages(answer: Response) -> Response:
    """Let the app's own pages read what LINE's SDK asks for."""
    if request.path.startswith(_FROM_PAGES):
        answer.headers.update(cors_headers())
    return answer


def cors_headers() -> dict[str, str]:
    """Return the headers that open an endpoint to the app's origin, and to it only."""
    return {
        "Access-Control-Allow-Origin": current().settings.app_url,
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Vary": "Origin",
    }
