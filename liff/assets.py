"""Our own stylesheets, scripts and drawings: their names change with what is in them."""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from liff.guard import open_to_all

STATIC = Path(__file__).parent / "static"
# Where Flask itself would have served them.
ENDPOINT = "liff.static"
HASHED = re.compile(r"(?P<stem>[\w-]+)\.[0-9a-f]{12}\.(?P<kind>css|js|svg)")
KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
# A colon before a space stands in no selector, only between a name and its value.
SPARE = re.compile(r"/\*.*?\*/|(?<=[{};,:])\s+|\s+(?=[{}])", re.S)
# No line of a script begins inside a text.
SPARE_LINES = re.compile(r"^\s*//.*\n|^\s+", re.M)
LASTING = "public, max-age=31536000, immutable"


def asset_url(name: str) -> str:
    """Return the address of a static file, as app.0123456789ab.css; it changes with the content."""
    return f"/liff/static/{hashed_name(name)}"


# Twenty and more on a page, always the same.
@cache
def hashed_name(name: str) -> str:
    """Return the name a static file is asked for by."""
    stem, _, kind = name.rpartition(".")
    return f"{stem}.{_fingerprint(name)}.{kind}"


@open_to_all
def send_asset(filename: str) -> ResponseReturnValue:
    """Send a static file; the hash in its name, right or of another version, is left out.

    While a new version is put in place, a page of the one is drawn with the files of the other:
    better than without any.
    """
    name = _plain_name(filename)
    if not _is_there(name):
        abort(404)
    return Response(delivered(name), mimetype=KINDS[name.rpartition(".")[2]])


def caching() -> str:
    """Return this answer's Cache-Control: a file by its right name lasts, all else is not kept."""
    filename = (request.view_args or {}).get("filename", "")
    name = _plain_name(filename)
    is_right = request.endpoint == ENDPOINT and _is_there(name) and filename == hashed_name(name)
    return LASTING if is_right else "no-store"


@cache
def delivered(name: str) -> bytes:
    """Return a static file as it is sent: without comments and spare spaces."""
    spare = {"css": SPARE, "js": SPARE_LINES}.get(name.rpartition(".")[2])
    text = (STATIC / name).read_text(encoding="utf-8")
    return (spare.sub("", text) if spare else text).encode()


def _plain_name(filename: str) -> str:
    found = HASHED.fullmatch(filename)
    return f"{found['stem']}.{found['kind']}" if found else filename


def _is_there(name: str) -> bool:
    return name in _names()


@cache
def _names() -> frozenset[str]:
    return frozenset(path.name for path in STATIC.iterdir() if path.suffix[1:] in KINDS)


@cache
def _fingerprint(name: str) -> str:
    return sha256(delivered(name)).hexdigest()[:12]
