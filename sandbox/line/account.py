"""Messaging API: the account itself, its users, its plan and its webhook address."""

import re
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, make_response, request

from sandbox.people import BOT_NAME, BOT_USER_ID, Json
from sandbox.state import current
from sandbox.webhooks.sender import encode
from sandbox.wire.loopback import OutsideError, require_loopback_url
from sandbox.wire.request import USER_ID, Refusal, json_body, line_call, require_user

bp = Blueprint("line_account", __name__)
# Source: LINE docs, "Get number of sent messages": nothing was counted before.
FIRST_DAY_COUNTED = "20180331"
MOST_FOLLOWERS = 1000
MOST_URL = 500


@bp.get("/v2/bot/profile/<user_id>")
@line_call("profile")
def profile(user_id: str) -> Response:
    """Tell a friend's display name; strangers and those who blocked us are not found."""
    person = require_user(user_id)
    if person is None or not person.friend or person.blocked or person.deleted:
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
    now = state.clock.now()
    if day >= state.quota.day(now):
        return make_response({"status": "unready"})
    if day < FIRST_DAY_COUNTED:
        return make_response({"status": "out_of_service"})
    return make_response({"status": "ready", "success": state.quota.sent_on(kind, day)})


@bp.put("/v2/bot/channel/webhook/endpoint")
@line_call("webhook_endpoint")
def set_webhook() -> Response:
    """Set where events go; only loopback is taken."""
    endpoint = json_body().get("endpoint")
    if not isinstance(endpoint, str):
        raise Refusal(400, "The request body has 1 error(s)", [_missing("endpoint")])
    if len(endpoint) > MOST_URL:
        raise Refusal(400, "Invalid webhook endpoint URL")
    try:
        current().webhooks.endpoint = require_loopback_url(endpoint)
    except OutsideError as error:
        raise Refusal(400, "Invalid webhook endpoint URL") from error
    return make_response({})


@bp.get("/v2/bot/channel/webhook/endpoint")
@line_call("webhook_endpoint")
def get_webhook() -> Response:
    """Tell where events go."""
    webhooks = current().webhooks
    return make_response({"endpoint": webhooks.endpoint, "active": webhooks.manners.active})


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
            "timestamp": _utc(state.clock.now()),
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
    return make_response({"linkToken": current().logins.make_link_token(user_id)})


@bp.post("/v2/bot/chat/loading/start")
@line_call("loading")
def start_loading() -> Response:
    """Show the moving dots; LINE answers 202."""
    body = json_body()
    details: list[Json] = []
    if not isinstance(body.get("chatId"), str):
        details.append(_missing("chatId"))
    seconds = body.get("loadingSeconds", 20)
    if type(seconds) is not int or not 5 <= seconds <= 60:
        details.append({"message": "Must be between 5 and 60", "property": "loadingSeconds"})
    elif seconds % 5:
        details.append({"message": "Must be a multiple of 5", "property": "loadingSeconds"})
    if details:
        raise Refusal(400, f"The request body has {len(details)} error(s)", details)
    if not USER_ID.fullmatch(body["chatId"]):
        raise Refusal(400, "The value for the 'chatId' parameter is invalid")
    _show_dots(body["chatId"], seconds)
    return make_response({}, 202)


@bp.post("/v2/bot/chat/markAsRead")
@line_call("mark_as_read")
def mark_as_read() -> Response:
    """Show the person 已讀 beside everything said so far."""
    token, world = json_body().get("markAsReadToken"), current().world
    if not isinstance(token, str):
        raise Refusal(400, "The request body has 1 error(s)", [_missing("markAsReadToken")])
    with world.lock:
        user_id = world.read_tokens.get(token)
        if user_id is None:
            raise Refusal(400, "The value for the 'markAsReadToken' parameter is invalid")
        world.mark_read(world.people[user_id])
    return make_response({})


@bp.get("/v2/bot/followers/ids")
@line_call("followers")
def followers() -> Response:
    """List the friends' ids, page by page."""
    try:
        limit, start = int(request.args.get("limit", 300)), int(request.args.get("start", 0))
    except ValueError:
        raise Refusal(400, "The value for the 'start' parameter is invalid") from None
    if not 1 <= limit <= MOST_FOLLOWERS or start < 0:
        raise Refusal(400, "The value for the 'limit' parameter is invalid")
    ids = [
        person.user_id
        for person in current().world.people.values()
        if person.friend and not person.blocked and not person.deleted
    ]
    more = {"next": str(start + limit)} if start + limit < len(ids) else {}
    return make_response({"userIds": ids[start : start + limit], **more})


@bp.get("/v2/bot/message/progress/narrowcast")
@line_call("narrowcast_progress")
def narrowcast_progress() -> Response:
    """Tell how far a narrowcast got."""
    progress = current().narrowcasts.find(request.args.get("requestId", ""))
    if progress is None:
        raise Refusal(404, "Not found")
    return make_response(progress)


def _missing(key: str) -> Json:
    return {"message": "must be specified", "property": key}


def _show_dots(user_id: str, seconds: int) -> None:
    world = current().world
    person = world.people.get(user_id)
    if person and world.is_reachable(person):
        person.loading_until = current().clock.now() + timedelta(seconds=seconds)
        world.publish_phone(person)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _query_day() -> str:
    day = request.args.get("date", "")
    if not re.fullmatch(r"\d{8}", day) or not _is_date(day):
        raise Refusal(400, "The value for the 'date' parameter is invalid")
    return day


def _is_date(day: str) -> bool:
    try:
        datetime.strptime(day, "%Y%m%d")  # noqa: DTZ007 (a date only)
    except ValueError:
        return False
    return True


def _has_body() -> bool:
    return bool(request.content_length)
