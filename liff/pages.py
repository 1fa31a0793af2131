"""What every answer under /liff/ carries: safety headers, caching, and calm error pages."""

import logging
import secrets
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Response, jsonify, render_template, request, url_for
from flask.sansio.app import App
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from core.errors import AccessError
from core.house import House
from core.notices.wording import fill
from core.settings import Settings
from liff.guard import HOME, OUT_OF_ROLE
from liff.present import phone_link

logger = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"
A_YEAR = 31_536_000


def init_security(app: App, house: House) -> None:
    """Give every answer under /liff/ its headers, and errors there a page of their own."""
    policy = content_policy(house.settings)
    # Our pages send no Referer, so a check of it would refuse every form. The token in the form
    # and the SameSite cookie do that work.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    app.jinja_env.globals.update(
        asset=asset_url,
        say=lambda template, **slots: fill(template, slots),
        liff_sdk=house.settings.liff_sdk,
        liff_id=house.settings.liff_id,
    )

    def finish(response: Response) -> Response:
        return _finish(response, policy) if _is_ours() else response

    def handle_broken(error: InternalServerError) -> Any:
        return _show_broken(house.settings) if _is_ours() else error

    app.after_request(finish)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(CSRFError, _show_expired)
    app.register_error_handler(AccessError, _show_access_error)
    app.register_error_handler(InternalServerError, handle_broken)


def content_policy(settings: Settings) -> str:
    """Return the Content-Security-Policy: nothing but our own files, LINE's SDK and its API."""
    sdk, line = _origin(settings.liff_sdk), _origin(settings.line_api)
    frames = "'none'" if settings.is_production else settings.sandbox_origin
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {sdk}",
            f"connect-src 'self' {line} {sdk}",
            "style-src 'self'",
            "img-src 'self' data:",
            f"form-action 'self' {_origin(settings.taipei_pass('authorize'))}",
            f"frame-ancestors {frames}",
            "base-uri 'none'",
        )
    )


def asset_url(name: str) -> str:
    """Return the address of a static file; it changes with the content."""
    return url_for("liff.static", filename=name, v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_ours() -> bool:
    return request.path == "/liff" or request.path.startswith("/liff/")


def _finish(response: Response, policy: str) -> Response:
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    # LIFF's first address carries the user's access token in its hash.
    response.headers["Referrer-Policy"] = "no-referrer"
    is_hashed = request.endpoint == "liff.static" and "v" in request.args
    lasting = f"public, max-age={A_YEAR}, immutable"
    response.headers["Cache-Control"] = lasting if is_hashed else "no-store"
    return response


def _message(kind: str, href: str = HOME, **more: object) -> str:
    return render_template("message.html", kind=kind, href=href, **more)


def _show_http_error(error: HTTPException) -> Any:
    if not _is_ours() or error.code is None or error.code < 400:
        return error
    kind = "not_found" if error.code == 404 else "not_allowed"
    return _message(kind), error.code


def _show_expired(error: CSRFError) -> Any:
    if not _is_ours():
        return error
    if request.path == url_for("liff.start_session"):
        return jsonify(error="page_expired"), 400
    return _message("page_expired", href=request.path), 400


def _show_access_error(error: AccessError) -> ResponseReturnValue:
    if error.code == OUT_OF_ROLE:
        return _message(OUT_OF_ROLE, href=url_for("liff.show_desk")), error.status
    if error.status == 410:
        return _message("link_over", href=url_for("liff.show_export")), error.status
    # Another guardian's child and a child that never was look the same.
    return _message("not_found" if error.status == 404 else "not_allowed"), error.status


def _show_broken(settings: Settings) -> ResponseReturnValue:
    code = secrets.token_hex(3).upper()
    logger.error("page_broken", extra={"code": code, "route": str(request.url_rule)})
    return _message("broken", code=code, phone=phone_link(settings.hotline)), 500
