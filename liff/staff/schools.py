"""選學校: where the bureau finds a school before it looks at its settings."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from core.db import snapshot
from core.errors import AccessError
from core.people.roster import list_schools
from core.people.tables import School
from liff.guard import staff
from liff.staff.desk import open_any_desk
from liff.visit import current_visit

PAGES = {
    "channels": ("liff.show_channels", "通知管道"),
    "report": ("liff.show_report", "報表"),
    "roster": ("liff.show_roster", "名冊匯入"),
    "calendar": ("liff.show_calendar", "行事曆"),
    "readers": ("liff.show_readers", "刷卡機"),
    "people": ("liff.show_people", "學校人員"),
}
MOST_SHOWN = 30


@staff
def choose_school() -> ResponseReturnValue:
    """List the schools that were searched for, each leading to the asked page."""
    visit, asked = current_visit(), request.args.get("q", "").strip()
    page = request.args.get("page", "")
    if page not in PAGES:
        raise AccessError("no_such_page")
    with snapshot(visit.house.engine) as database:
        desk = open_any_desk(database, visit)
        desk.require_bureau()
        found = [one for one in list_schools(database) if _fits(one, asked)]
    endpoint, title = PAGES[page]
    return render_template(
        "staff/schools.html",
        desk=desk,
        page=page,
        endpoint=endpoint,
        title=title,
        asked=asked,
        schools=found[:MOST_SHOWN],
        more=max(len(found) - MOST_SHOWN, 0),
    )


def _fits(school: School, asked: str) -> bool:
    folded = asked.replace("台", "臺")
    words = (school.code, school.name, school.short_name, school.district, school.level)
    return any(folded in word for word in words)
