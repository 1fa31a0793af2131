"""The text message gateway as Mitake's HTTP API, what the phones show, and the plan of faults."""

import secrets
from datetime import datetime
from urllib.parse import parse_qsl

from flask import Blueprint, Response, make_response, render_template, request

from sandbox.clock import TAIPEI
from sandbox.people import find_by_phone
from sandbox.sms.codes import ARRIVED, REFUSALS
from sandbox.sms.gateway import Order, Sms, SmsRefused
from sandbox.state import current
from sandbox.wire.answer import Refusal
from sandbox.wire.inject import faulty
from sandbox.wire.loopback import OutsideError, require_loopback_url
from sandbox.wire.request import list_body, object_body

bp = Blueprint("sms", __name__, url_prefix="/sms", template_folder="templates")
# Source: Mitake: at most 500 rows a bulk, 100 message ids a query.
BULK_ROWS, QUERY_IDS = 500, 100
_CHARSETS = {"utf8": "utf-8", "utf-8": "utf-8", "big5": "big5"}
_BULK_FIELDS = ("clientid", "dstaddr", "dlvtime", "vldtime", "destname", "response", "smbody")
# In a body, ASCII 6 stands for a line break.
_LINE_BREAK = "\x06"


@bp.post("/<any(api, b2c):house>/mtk/SmSend")
@faulty("sms_send")
def send_one(house: str) -> Response:
    """Take one message; refusals are HTTP 200, too."""
    charset = _charset("CharsetURL")
    fields = _fields(charset)
    try:
        _check_account(fields)
        lines = _send(fields)
    except SmsRefused as refusal:
        return _text(["[1]", *_refusal(refusal)], charset)
    return _text(["[1]", *lines, f"AccountPoint={current().sms.points}"], charset)


@bp.post("/<any(api, b2c):house>/mtk/SmBulkSend")
@faulty("sms_bulk")
def send_many(house: str) -> Response:
    """Take rows ClientID$$dstaddr$$dlvtime$$vldtime$$destname$$response$$smbody."""
    charset = _charset("Encoding_PostIn")
    try:
        _check_account(dict(request.args))
        body = request.get_data().decode(charset, "replace")
        rows = [row for row in body.replace("\r\n", "\n").split("\n") if row]
        if not 1 <= len(rows) <= BULK_ROWS:
            raise SmsRefused("y" if not rows else "x")
    except SmsRefused as refusal:
        return _text(_refusal(refusal), charset)
    lines = [line for row in rows for line in _send_row(row)]
    return _text([*lines, f"AccountPoint={current().sms.points}"], charset)


@bp.route("/<any(api, b2c):house>/mtk/SmQuery", methods=["GET", "POST"])
@faulty("sms_query")
def query(house: str) -> Response:
    """Tell the balance, or the state of the messages named by `msgid`, in no certain order.

    One whose `msgid` its sender never heard is found by its `clientid`.
    """
    charset = _charset("Encoding_PostIn")
    fields = _fields(charset)
    try:
        _check_account(fields)
        if fields.get("clientid") and not fields.get("msgid"):
            return _text(_states(current().sms.ids_of(fields["clientid"])), charset)
        if not fields.get("msgid"):
            return _text([f"AccountPoint={current().sms.points}"], charset)
        return _text(_states(fields["msgid"].split(",")), charset)
    except SmsRefused as refusal:
        return _text(_refusal(refusal), charset)


@bp.get("/messages")
def messages() -> Response:
    """Return all messages as JSON, oldest first; `to` narrows it to one number."""
    number = request.args.get("to")
    rows = [one.picture() for one in current().sms.messages() if number in (None, one.to)]
    return make_response(rows)


@bp.get("/receipts")
def receipts() -> Response:
    """Return the receipts sent, oldest first, with how they were taken."""
    return make_response(current().sms_receipts.picture())


@bp.get("/plan")
def get_plan() -> Response:
    """Return the fates still to come."""
    return make_response(current().sms.plan.rows())


@bp.post("/plan")
def set_plan() -> Response:
    """Replace the planned fates of the next messages."""
    rows = list_body()
    try:
        current().sms.plan.replace(rows)
    except ValueError as error:
        raise Refusal(400, str(error)) from error
    return make_response("", 204)


@bp.post("/points")
def set_points() -> Response:
    """Set the balance: {"points": number}."""
    points = object_body().get("points")
    if not isinstance(points, int) or isinstance(points, bool) or points < 0:
        raise Refusal(400, "points must be a whole number")
    current().sms.set_points(points)
    return make_response("", 204)


@bp.get("")
def phones() -> str:
    """Show each number's messages, newest first."""
    by_number: dict[str, list[Sms]] = {}
    for one in reversed(current().sms.messages()):
        if one.flag == ARRIVED and request.args.get("to", one.to) == one.to:
            by_number.setdefault(one.to, []).append(one)
    people = current().world.people
    inboxes = [(number, find_by_phone(people, number), rows) for number, rows in by_number.items()]
    return render_template("sms.html", inboxes=inboxes)


def _charset(name: str) -> str:
    # Mitake reads and writes Big5 unless it is told otherwise.
    return _CHARSETS.get(request.args.get(name, "big5").lower(), "big5")


def _fields(charset: str) -> dict[str, str]:
    body = request.get_data(cache=True).decode("ascii", "replace")
    query_part = request.query_string.decode("ascii", "replace")
    pairs = [*parse_qsl(query_part, encoding=charset), *parse_qsl(body, encoding=charset)]
    return dict(pairs)


def _check_account(fields: dict[str, str]) -> None:
    settings = current().settings
    if not fields.get("username"):
        raise SmsRefused("c")
    if not fields.get("password"):
        raise SmsRefused("d")
    wanted = f"{settings.sms_username}:{settings.sms_password}"
    given = f"{fields['username']}:{fields['password']}"
    if not secrets.compare_digest(given.encode(), wanted.encode()):
        raise SmsRefused("e")


def _send_row(row: str) -> list[str]:
    fields = dict(zip(_BULK_FIELDS, row.split("$$", len(_BULK_FIELDS) - 1), strict=False))
    head = f"[{fields['clientid']}]"
    try:
        if len(fields) < len(_BULK_FIELDS):
            raise SmsRefused("y")
        return [head, *_send(fields)]
    except SmsRefused as refusal:
        return [head, *_refusal(refusal)]


def _send(fields: dict[str, str]) -> list[str]:
    order = Order(
        to=fields.get("dstaddr", ""),
        text=fields.get("smbody", "").replace(_LINE_BREAK, "\n"),
        client_id=fields.get("clientid", ""),
        callback=_callback(fields.get("response", "")),
        send_at=_moment(fields.get("dlvtime", "")),
    )
    sms, is_repeated = current().sms.send(order)
    lines = [f"msgid={sms.msgid}", f"statuscode={sms.flag}"]
    if fields.get("smsPointFlag") == "1":
        lines.append(f"smsPoint={sms.points}")
    return [*lines, "Duplicate=Y"] if is_repeated else lines


def _callback(url: str) -> str:
    try:
        return require_loopback_url(url) if url else ""
    except OutsideError as error:
        raise SmsRefused("y") from error


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=TAIPEI)
    except ValueError as error:
        raise SmsRefused("y") from error


def _states(msgids: list[str]) -> list[str]:
    if len(msgids) > QUERY_IDS:
        raise SmsRefused("w")
    found = [current().sms.find(msgid.strip()) for msgid in msgids]
    known = [one for one in found if one is not None]
    if not known:
        raise SmsRefused("z")
    return [
        f"{one.msgid}\t{one.flag}\t{(one.done_at or one.due_at).strftime('%Y%m%d%H%M%S')}"
        for one in known
    ]


def _refusal(refusal: SmsRefused) -> list[str]:
    code = str(refusal)
    return [f"statuscode={code}", f"Error={REFUSALS[code]}"]


def _text(lines: list[str], charset: str) -> Response:
    body = "".join(f"{line}\r\n" for line in lines).encode(charset, "replace")
    return Response(body, content_type=f"text/plain; charset={charset}")
