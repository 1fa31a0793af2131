"""Where watchers look in: whether this process is alive and fit, and its numbers."""

from flask import Blueprint, Response, abort, jsonify, request

from core.guards import Guard, declare
from core.house import House
from core.watch.metrics import CONTENT_TYPE, is_allowed, metrics_page
from core.watch.readiness import readiness
from core.watch.writing import WriteProbe


def make_blueprint(house: House) -> Blueprint:
    """Return /healthz and /readyz for anybody, and /metrics for whoever may read it."""
    watch = Blueprint("watch", __name__)
    probe = WriteProbe()
    token = house.settings.metrics_token.get_secret_value()

    @watch.get("/healthz")
    @declare(Guard.OPEN)
    def is_alive() -> Response:
        return jsonify(status="ok")

    @watch.get("/readyz")
    @declare(Guard.OPEN)
    def is_ready() -> tuple[Response, int]:
        parts = readiness(house, probe)
        is_fit = set(parts.values()) == {"ok"}
        return jsonify(status="ok" if is_fit else "not_ready", **parts), 200 if is_fit else 503

    @watch.get("/metrics")
    @declare(Guard.METRICS_TOKEN)
    def show_metrics() -> Response:
        if not is_allowed(token, request.remote_addr or "", request.headers):
            # Who may not read it need not know that there is something.
            abort(404)
        return Response(metrics_page(house, probe), content_type=CONTENT_TYPE)

    return watch
