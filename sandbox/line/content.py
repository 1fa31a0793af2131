"""Messaging API: what people sent as files (on api-data.line.me in the real world).

Source: LINE docs, "Get content".
"""

import io

from flask import Blueprint, Response, make_response
from PIL import Image, UnidentifiedImageError

from sandbox.ledgers.contents import Content
from sandbox.state import current
from sandbox.wire.request import Refusal, line_call

bp = Blueprint("line_content", __name__)
PREVIEW_PIXELS = 240


@bp.get("/v2/bot/message/<message_id>/content")
@line_call("content")
def content(message_id: str) -> Response:
    """Return the bytes; 202 while they are prepared, 410 after the message was unsent."""
    found = _content(message_id)
    status = found.status(current().clock.now())
    if status == "processing":
        return make_response({}, 202)
    if status == "failed":
        raise Refusal(404, "Not found")
    return Response(found.data, mimetype=found.media_type)


@bp.get("/v2/bot/message/<message_id>/content/preview")
@line_call("content_preview")
def preview(message_id: str) -> Response:
    """Return a small picture of a picture."""
    found = _content(message_id)
    if found.status(current().clock.now()) == "processing":
        return make_response({}, 202)
    try:
        with Image.open(io.BytesIO(found.data)) as image:
            image.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG")
    except (UnidentifiedImageError, OSError) as error:
        raise Refusal(404, "Not found") from error
    return Response(out.getvalue(), mimetype="image/jpeg")


@bp.get("/v2/bot/message/<message_id>/content/transcoding")
@line_call("content_transcoding")
def transcoding(message_id: str) -> Response:
    """Tell whether a video or sound can be fetched yet."""
    return make_response({"status": _content(message_id).status(current().clock.now())})


def _content(message_id: str) -> Content:
    found = current().contents.find(message_id)
    if found is None:
        raise Refusal(404, "Not found")
    if found.is_gone:
        raise Refusal(410, "The content is gone")
    return found
