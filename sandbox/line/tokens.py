"""The endpoints that give, check and revoke channel access tokens.

Source: LINE docs, "Channel access token v2.1", "Stateless", "Short-lived".
"""

from flask import Blueprint, Response, make_response, request

from sandbox.ledgers.channel_tokens import ChannelToken, ChannelTokens, TokenError
from sandbox.login.liff_login import login_token
from sandbox.state import current
from sandbox.wire.inject import faulty
from sandbox.wire.request import Refusal

bp = Blueprint("line_tokens", __name__)
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CREDENTIALS = "client_credentials"


def _tokens() -> ChannelTokens:
    return current().channel_tokens


@bp.errorhandler(TokenError)
def refuse(error: TokenError) -> Response:
    """Answer as OAuth does."""
    return make_response({"error": error.error, "error_description": error.description}, 400)


@bp.post("/v2/oauth/accessToken")
@faulty("token")
def issue_short_lived() -> Response:
    """Give a token for 30 days."""
    _require_grant()
    channel_id = request.form.get("client_id", "")
    _tokens().check_secret(channel_id, request.form.get("client_secret", ""))
    return _given(_tokens().issue_short_lived(channel_id))


@bp.post("/v2/oauth/verify")
@faulty("token_verify")
def verify_short_lived() -> Response:
    """Tell what a short- or long-lived token is good for."""
    return _verified(request.form.get("access_token", ""))


@bp.post("/v2/oauth/revoke")
@faulty("token_revoke")
def revoke_short_lived() -> Response:
    """Make a token worthless; LINE says 200 whatever it is."""
    _tokens().revoke(request.form.get("access_token", ""))
    return make_response("", 200)


@bp.post("/oauth2/v3/token")
@faulty("token")
def issue_stateless() -> Response:
    """Give a channel access token for 15 minutes, for the secret or an assertion."""
    _require_grant()
    form = request.form
    if form.get("client_assertion_type") == _ASSERTION:
        channel_id = _tokens().channel_of_assertion(form.get("client_assertion", ""))
    else:
        channel_id = form.get("client_id", "")
        _tokens().check_secret(channel_id, form.get("client_secret", ""))
    return _given(_tokens().issue_stateless(channel_id))


@bp.post("/oauth2/v2.1/token")
@faulty("token")
def issue_by_assertion() -> Response:
    """Give a v2.1 token for a signed assertion; codes of users are bought here, too."""
    if request.form.get("grant_type") != CREDENTIALS:
        return make_response(login_token())
    if request.form.get("client_assertion_type") != _ASSERTION:
        raise TokenError("invalid_request", "client_assertion_type is invalid")
    return _given(_tokens().issue_by_assertion(request.form.get("client_assertion", "")))


@bp.get("/oauth2/v2.1/tokens/kid")
@faulty("token_kids")
def key_ids() -> Response:
    """Tell the key ids of the v2.1 tokens that are still good."""
    if request.args.get("client_assertion_type") != _ASSERTION:
        raise TokenError("invalid_request", "client_assertion_type is invalid")
    return make_response({"kids": _tokens().key_ids(request.args.get("client_assertion", ""))})


@bp.post("/inspect/channel-keys")
def register_key() -> Response:
    """Register an RSA public key (JWK) as the console does; answers {"kid"}."""
    key = request.get_json(silent=True)
    if not isinstance(key, dict):
        raise Refusal(400, "a JWK is needed")
    try:
        return make_response({"kid": _tokens().register_key(key)})
    except (ValueError, TypeError, KeyError) as error:
        raise Refusal(400, "not an RSA public key") from error


def _require_grant() -> None:
    if request.form.get("grant_type") != CREDENTIALS:
        raise TokenError("unsupported_grant_type", "grant_type must be client_credentials")


def _given(token: ChannelToken) -> Response:
    body = {
        "access_token": token.token,
        "expires_in": _tokens().seconds_left(token),
        "token_type": "Bearer",
    }
    return make_response(body | ({"key_id": token.key_id} if token.key_id else {}))


def _verified(token: str) -> Response:
    found = _tokens().find(token)
    if found is None:
        raise TokenError("invalid_request", "access token expired")
    body = {"client_id": found.channel_id, "expires_in": _tokens().seconds_left(found)}
    return make_response(body | {"scope": "P CM"})
