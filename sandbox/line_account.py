"""Messaging API: the account itself, its users, its plan and its webhook address."""

import re
import secrets
from datetime import timedelta

from flask import Blueprint, Response, make_response, request

from sandbox.line_request import USER_ID, Refusal, json_body, line_call, require_user
from sandbox.loopback import OutsideError, require_loopback_url
from sandbox.people import BOT_NAME, BOT_USER_ID, Json
from sandbox.quota import BILLING_ZONE
from sandbox.state import current
from sandbox.webhook import encode

bp = Blueprint("line_account", __name__)


@bp.get("/v2/bot/profile/<user_id>")
@line_call("profile")
def profile(user_id: str) -> Response:
    """Tell a friend's display name; strangers and those who blocked us are not found."""
    person = require_user(user_id)
    if person is None or not person.friend or person.blocked:
        raise Refusal(404, "Not found")
    return make_response(
        {"userId": person.user_id, "displayName": person.name, "language": "zh-TW"}
    )


@bp.get("/v2/bot/info")
@line_call("info")
def info() -> Response:
    """Describe the official account."""
    return make_response(
        {
            "userId": BOT_USER_ID,
            "basicId": "@000sandbox",
            "displayName": BOT_NAME,
            "chatMode": "bot",
            "markAsReadMode": "manual",
        }
    )


@bp.get("/v2/bot/message/quota")
@line_call("quota")
def quota() -> Response:
    """Tell the plan's monthly limit."""
    limit = current().quota.limit
    return make_response({"type": "none"} if limit is None else {"type": "limited", "value": limit})


@bp.get("/v2/bot/message/quota/consumption")
@line_call("consumption")
def consumption() -> Response:
    """Tell how many people were reached this month."""
    state = current()
    return make_response({"totalUsage": state.quota.used(state.clock.now())})


@bp.get("/v2/bot/message/delivery/<kind>")
@line_call("delivery")
def delivery(kind: str) -> Response:
    """Tell how many messages of a kind went out on one day (UTC+9)."""
    if kind not in ("push", "multicast", "broadcast", "reply"):
        raise Refusal(404, "Not found")
    day = _query_day()
    state = current()
    today = state.clock.now().astimezone(BILLING_ZONE)
    if day >= today.strftime("%Y%m%d"):
        return make_response({"status": "unready"})
    if day < (today - timedelta(days=365)).strftime("%Y%m%d"):
        return make_response({"status": "out_of_service"})
    return make_response({"status": "ready", "success": state.quota.sent_on(kind, day)})


@bp.put("/v2/bot/channel/webhook/endpoint")
@line_call("webhook_endpoint")
def set_webhook() -> Response:
    """Set where events go; only loopback is taken."""
    endpoint = json_body().get("endpoint")
    try:
        current().webhooks.endpoint = require_loopback_url(str(endpoint))
    except OutsideError as error:
        raise Refusal(400, "Invalid webhook endpoint URL") from error
    return make_response({})


@bp.get("/v2/bot/channel/webhook/endpoint")
@line_call("webhook_endpoint")
def get_webhook() -> Response:
    """Tell where events go."""
    return make_response({"endpoint": current().webhooks.endpoint, "active": True})


@bp.post("/v2/bot/channel/webhook/test")
@line_call("webhook_test")
def test_webhook() -> Response:
    """Send an empty event list and tell how it was answered."""
    state = current()
    endpoint = json_body().get("endpoint", "") if _has_body() else ""
    attempt = state.webhooks.post(encode([]), url=str(endpoint))
    return make_response(
        {
            "success": attempt.is_success,
            "timestamp": state.clock.now().isoformat(timespec="milliseconds"),
            "statusCode": attempt.status or 0,
            "reason": attempt.reason,
            "detail": str(attempt.status or attempt.reason),
        }
    )


@bp.post("/v2/bot/user/<user_id>/linkToken")
@line_call("link_token")
def link_token(user_id: str) -> Response:
    """Give a token for LINE's own account linking."""
    if require_user(user_id) is None:
        raise Refusal(404, "Not found")
    return make_response({"linkToken": secrets.token_urlsafe(24)})


@bp.post("/v2/bot/chat/loading/start")
@line_call("loading")
def start_loading() -> Response:
    """Show the moving dots; LINE answers 202."""
    body = json_body()
    details: list[Json] = []
    if not isinstance(body.get("chatId"), str) or not USER_ID.fullmatch(str(body["chatId"])):
        details.append({"message": "must be specified", "property": "chatId"})
    seconds = body.get("loadingSeconds", 20)
    if not isinstance(seconds, int) or not 5 <= seconds <= 60 or seconds % 5:
        details.append({"message": "Must be between 5 and 60", "property": "loadingSeconds"})
    if details:
        raise Refusal(400, f"The request body has {len(details)} error(s)", details)
    return make_response({}, 202)


@bp.post("/v2/bot/chat/markAsRead")
@line_call("mark_as_read")
def mark_as_read() -> Response:
    """Accept that the account has read a message."""
    if not isinstance(json_body().get("markAsReadToken"), str):
        details: list[Json] = [{"message": "must be specified", "property": "markAsReadToken"}]
        raise Refusal(400, "The request body has 1 error(s)", details)
    return make_response({})


def _query_day() -> str:
    day = request.args.get("date", "")
    if not re.fullmatch(r"\d{8}", day):
        raise Refusal(400, "The value for the 'date' parameter is invalid")
    return day


def _has_body() -> bool:
    return bool(request.content_length)
