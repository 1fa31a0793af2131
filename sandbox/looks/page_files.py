"""Serves the styles and the script of the pages, each as one file put together from parts."""

from collections.abc import Iterable
from pathlib import Path

from flask import Blueprint, Response

bp = Blueprint("looks", __name__, template_folder="templates")
_HERE = Path(bp.root_path)
_STYLE_PARTS = ("pages.css", "forms.css", "papers.css")


@bp.get("/sandbox-pages.css")
def styles() -> Response:
    """Serve the looks of the sign-in pages."""
    return Response(joined(_HERE, _STYLE_PARTS), mimetype="text/css")


@bp.get("/sandbox-pages.js")
def script() -> Response:
    """Serve the small helps of the sign-in pages."""
    return Response(joined(_HERE, ["pages.js"]), mimetype="text/javascript")


def joined(folder: Path, names: Iterable[str]) -> str:
    """Return the folder's files of these names as one text."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
