"""LINE Login: token verification, public keys, profile, friendship, and ending a permission."""

from flask import Blueprint, Response, make_response, request

from sandbox.inject import faulty
from sandbox.line_request import Refusal, json_body, require_token
from sandbox.login_tokens import SCOPE, STATELESS_LIFE, Access, LoginError
from sandbox.people import Person
from sandbox.state import current

bp = Blueprint("line_login", __name__)
# Endpoints the SDK stand-in calls from the app's pages.
_FROM_PAGES = ("/v2/profile", "/friendship/v1/status", "/oauth2/v2.1/verify", "/oauth2/v2.1/certs")


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
    access = logins.find_access(request.args.get("access_token", ""))
    return make_response(
        {
            "scope": SCOPE,
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
            "authorization_endpoint": f"{origin}/liff/authorize",
            "jwks_uri": f"{origin}/oauth2/v2.1/certs",
            "id_token_signing_alg_values_supported": ["ES256"],
        }
    )


@bp.post("/oauth2/v3/token")
@faulty("token")
def stateless_token() -> Response:
    """Give a channel access token for 15 minutes."""
    form = request.form
    good = form.get("grant_type") == "client_credentials" and bool(form.get("client_id"))
    if not good or form.get("client_secret") != current().settings.line_channel_secret:
        body = {"error": "invalid_client", "error_description": "invalid client_secret"}
        return make_response(body, 400)
    return make_response(
        {
            "token_type": "Bearer",
            "access_token": current().logins.make_stateless(),
            "expires_in": int(STATELESS_LIFE.total_seconds()),
        }
    )


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
    require_token()
    token = json_body().get("userAccessToken")
    try:
        access = current().logins.find_access(str(token))
    except LoginError as error:
        raise Refusal(400, "The userAccessToken is invalid") from error
    current().logins.revoke_user(access.user_id)
    return make_response("", 204)


def bearer_person() -> tuple[Person, Access]:
    """Return who calls with a LIFF access token; refuse with 401 otherwise."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        access = current().logins.find_access(token if scheme.lower() == "bearer" else "")
    except LoginError as error:
        raise Refusal(401, "invalid token!") from error
    return current().world.people[access.user_id], access


@bp.after_request
def allow_app_pages(answer: Response) -> Response:
    """Let the app's own pages read what the SDK stand-in asks for."""
    if request.path in _FROM_PAGES:
        answer.headers.update(cors_headers())
    return answer


@bp.route("/v2/profile", methods=["OPTIONS"])
@bp.route("/friendship/v1/status", methods=["OPTIONS"])
def preflight() -> Response:
    """Answer a browser's question before a call with a bearer token."""
    return make_response("", 204)


def cors_headers() -> dict[str, str]:
    """Return the headers that open an endpoint to the app's origin, and to it only."""
    return {
        "Access-Control-Allow-Origin": current().settings.app_url,
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Vary": "Origin",
    }
