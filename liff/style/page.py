"""The style page: what a new page is built of, in every state, to be looked at."""

import re
from functools import cache

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from core.attendance.reports import Counts
from core.guards import Guard, declare
from liff.assets import STATIC
from liff.style.days import sample_days, sample_week
from liff.style.tokens import PAIRS, colours, measures

FAULTS = {"sample-wrong": "學號是 8 位數字", "sample-choice": "請選擇級別", "kind": "請選擇假別"}
LOOKS = ("", "light", "dark")


@declare(Guard.DEVELOPMENT)
def show_style() -> ResponseReturnValue:
    """Show tokens and parts; `look` is light, dark, or empty for what the device wants."""
    look = request.args.get("look", "")
    light, dark = colours(is_dark=False), colours(is_dark=True)
    return render_template(
        "style/page.html",
        look=look if look in LOOKS else "",
        light=light,
        dark=dark,
        pairs=[(pair, pair.ratio(light), pair.ratio(dark)) for pair in PAIRS],
        measures=measures(),
        drawings=_drawings(),
        days=sample_days(),
        week=sample_week(),
        counts_of=[Counts(23, 1, 2), Counts(0, 0, 26), Counts(26, 0, 0), Counts(0, 0, 0)],
        faults=FAULTS,
    )


@declare(Guard.DEVELOPMENT)
def send_look(look: str) -> ResponseReturnValue:
    """Send the colours of one look, whatever the device wants."""
    wanted = colours(is_dark=look == "dark")
    rules = "".join(f"--{name}: {value};" for name, value in wanted.items())
    return Response(f":root {{ color-scheme: {look}; {rules} }}", mimetype="text/css")


@cache
def _drawings() -> list[str]:
    text = (STATIC / "marks.svg").read_text(encoding="utf-8")
    return re.findall(r'<symbol id="([\w-]+)"', text)
