"""What every answer under /liff/ carries: safety headers, caching, and calm error pages."""

import logging
import secrets
import sqlite3
from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, g, jsonify, render_template, request, url_for
from flask.sansio.app import App
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from core.errors import AccessError
from core.house import House
from core.identity.standing import Standing
from core.languages.slots import fill
from core.settings import Settings
from liff.assets import asset_url, caching
from liff.guard import HOME, OUT_OF_ROLE, here
from liff.limits import RETRY_SECONDS
from liff.maintenance import maintenance_of
from liff.present import phone_link
from liff.providers import bureau_site
from liff.text_size import chosen_size
from liff.visit import current_visit

logger = logging.getLogger(__name__)
# A lock that is held, a database that changes its machine: both are over soon.
BUSY_SECONDS = 5
NUL = "\0"
DESK = "/liff/staff"
KINDS = {404: "not_found", 413: "too_large", 429: "too_many"}


def require_legible() -> None:
    """Refuse a request with the one sign that PostgreSQL keeps in no text; nobody types it."""
    if NUL in request.path:
        abort(404)
    if any(NUL in value for _, values in request.values.lists() for value in values):
        abort(400)


def init_security(app: App, house: House) -> None:
    """Give every answer under /liff/ its headers, and errors there a page of their own."""
    # Our pages send no Referer, so a check of it would refuse every form. The token in the form
    # and the SameSite cookie do that work.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    app.jinja_env.globals.update(
        asset=asset_url,
        nonce=page_nonce,
        # Of staff pages, which speak the source language alone.
        say=lambda template, **slots: fill(template, slots),
        liff_sdk=house.settings.liff_sdk,
        liff_id=house.settings.liff_id,
        text_size=chosen_size,
        has_bureau_login=house.settings.has_bureau_login,
        maintenance=lambda: maintenance_of(house),
        may_change=lambda: current_visit().standing is Standing.REAL_NAME,
        may_end=lambda: current_visit().is_linked,
        is_general_member=lambda: (
            current_visit().is_linked and current_visit().standing is Standing.ONLY_VIEWS
        ),
    )

    def finish(response: Response) -> Response:
        return _finish(response, house.settings) if _is_ours() else response

    def handle_broken(error: InternalServerError) -> Any:
        return _show_broken(house.settings) if _is_ours() else error

    app.after_request(finish)
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(CSRFError, _show_expired)
    app.register_error_handler(AccessError, _show_access_error)
    app.register_error_handler(InternalServerError, handle_broken)
    app.register_error_handler(OperationalError, _show_busy)


def page_nonce() -> str:
    """Return what our script tags on this page carry, and nothing written into a page can know."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def content_policy(settings: Settings, nonce: str) -> str:
    """Return the Content-Security-Policy: nothing but our own files, LINE's SDK and its API."""
    sdk, line = _origin(settings.liff_sdk), _origin(settings.line_api)
    frames = "'none'" if settings.is_production else settings.sandbox_origin
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' {sdk}",
            f"connect-src 'self' {line} {sdk}",
            "style-src 'self'",
            "img-src 'self' data:",
            f"form-action 'self' {' '.join(_form_targets(settings))}",
            f"frame-ancestors {frames}",
            "base-uri 'none'",
        )
    )


def _form_targets(settings: Settings) -> list[str]:
    # Browsers hold the redirect after a form to this list too.
    targets = [settings.taipei_pass("authorize"), settings.line_access]
    if settings.has_bureau_login:
        targets.append(bureau_site(settings).authorize_url)
    return list(dict.fromkeys(_origin(target) for target in targets))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_ours() -> bool:
    return request.path == "/liff" or request.path.startswith("/liff/")


def _finish(response: Response, settings: Settings) -> Response:
    response.headers["Content-Security-Policy"] = content_policy(settings, page_nonce())
    response.headers["X-Content-Type-Options"] = "nosniff"
    # LIFF's first address carries the user's access token in its hash.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = caching()
    return response


def _message(kind: str, href: str = HOME, **more: object) -> str:
    # Whoever asked for a page of 校務 need not have children here.
    at_desk = href == HOME and request.path.startswith(DESK)
    return render_template(
        "message.html", kind=kind, href=DESK if at_desk else href, at_desk=at_desk, **more
    )


def _show_http_error(error: HTTPException) -> Any:
    if not _is_ours() or error.code is None or error.code < 400:
        return error
    headers = {"Retry-After": str(RETRY_SECONDS)} if error.code == 429 else {}
    if request.path == url_for("liff.start_session"):
        return jsonify(error="busy" if error.code == 429 else "failed"), error.code, headers
    return _message(KINDS.get(error.code, "not_allowed")), error.code, headers


def _show_expired(error: CSRFError) -> Any:
    if not _is_ours():
        return error
    if request.path == url_for("liff.start_session"):
        return jsonify(error="page_expired"), 400
    return _message("page_expired", href=here()), 400


def _show_access_error(error: AccessError) -> ResponseReturnValue:
    if error.code == OUT_OF_ROLE:
        return _message(OUT_OF_ROLE, href=url_for("liff.show_desk")), error.status
    if error.code == "only_views":
        return _message("only_views", href=url_for("liff.start_pass")), error.status
    if error.code == "codes_over":
        return _message("codes_over", href=url_for("liff.show_codes")), error.status
    if error.code == "no_plan":
        href = url_for("liff.show_sms_orders", school=request.values.get("school"))
        return _message("no_plan", href=href), error.status
    if error.code == "check_over":
        return _message("check_over", href=url_for("liff.show_roster")), error.status
    if error.status == 410:
        return _message("link_over"), error.status
    # Another guardian's child and a child that never was look the same.
    return _message("not_found" if error.status == 404 else "not_allowed"), error.status


def _show_busy(error: OperationalError) -> ResponseReturnValue:
    """Let go of a caller whom the database keeps waiting, LINE and browsers alike; nothing is kept.

    LINE sends its events again. Raises the error where a statement is wrong, as no wait helps then:
    SQLite gives that the same name.
    """
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        raise error
    extra = {"route": str(request.url_rule), "error_type": type(error.orig).__name__}
    logger.error("nothing stored", extra=extra)
    headers = {"Retry-After": str(BUSY_SECONDS)}
    if not _is_ours() or request.path == url_for("liff.start_session"):
        return jsonify(error="busy"), 503, headers
    return _message("busy"), 503, headers


def _show_broken(settings: Settings) -> ResponseReturnValue:
    code = secrets.token_hex(3).upper()
    logger.error("page_broken", extra={"code": code, "route": str(request.url_rule)})
    return _message("broken", code=code, phone=phone_link(settings.hotline)), 500
