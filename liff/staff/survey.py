"""滿意度調查: the counts of a school for its admin, of the city for the bureau."""

import io

from flask import render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from core.audit import record_audit
from core.calendar.semesters import Semester
from core.clock import school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError
from core.people.staff import can_read_survey
from core.people.tables import Staff
from core.survey.questions import ANSWERS, QUESTIONS
from core.survey.results import LEAST, Result, answered_terms, comments, results, to_csv
from core.survey.terms import SurveyTerm, survey_term_of
from liff.guard import OUT_OF_ROLE, open_to_all, staff
from liff.signed import GOOD_FOR
from liff.staff.desk import Desk, open_desk
from liff.staff.survey_link import ResultsOrder, open_results, seal_results
from liff.visit import Visit, current_visit


@staff
def show_survey_results() -> ResponseReturnValue:
    """Show a term's counts, each question as bars with its table, and what was written."""
    visit = current_visit()
    now_term = survey_term_of(school_day_of(visit.now))
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        places = _places(desk)
        school_code = _asked_place(places)
        terms = sorted({now_term, *answered_terms(database)}, reverse=True)
        term = next((one for one in terms if _param(one) == request.args.get("term")), now_term)
        found = results(database, term, school_code)
        said = comments(database, visit.house.vault, term, school_code)
    order = ResultsOrder(_reader(desk, school_code).id, school_code, term)
    _record(visit, order, "survey.look")
    return render_template(
        "staff/survey.html",
        desk=desk,
        place=dict(places)[school_code],
        places=[(code or "city", name, code == school_code) for code, name in places],
        terms=[(_param(one), _term_words(one), one == term) for one in terms],
        term=_param(term),
        asked=school_code or "city",
        least=LEAST,
        questions=[_bars(one) for one in found],
        comments=said,
        link=_link(visit, order) if any(one.counts for one in found) else "",
        until=taipei_clock(visit.now + GOOD_FOR),
    )


@open_to_all
def download_survey(token: str) -> ResponseReturnValue:
    """Hand out the counts a link was made for, while it is good and its maker still may."""
    visit = current_visit()
    order = open_results(visit.house.settings, token, visit.now)
    with snapshot(visit.house.engine) as database:
        asker = database.get(Staff, order.staff_id)
        if asker is None or not can_read_survey(asker, order.school_code):
            raise AccessError("sheet_over", 410)
        found = results(database, order.term, order.school_code)
    _record(visit, order, "survey.download")
    return send_file(
        io.BytesIO(to_csv(found)),
        mimetype="text/csv",
        as_attachment=True,
        download_name=f"滿意度調查_{order.school_code or '全市'}_{_param(order.term)}.csv",
    )


def _places(desk: Desk) -> list[tuple[str | None, str]]:
    """Return what this person may read: the school of the desk, the city. Raises AccessError."""
    places: list[tuple[str | None, str]] = []
    if desk.school and any(can_read_survey(role, desk.school.code) for role in desk.roles):
        places.append((desk.school.code, desk.school.short_name))
    if any(can_read_survey(role, None) for role in desk.roles):
        places.append((None, "全市"))
    if not places:
        raise AccessError(OUT_OF_ROLE, 403)
    return places


def _asked_place(places: list[tuple[str | None, str]]) -> str | None:
    codes = [code for code, _ in places]
    wants_city = request.args.get("of") == "city"
    return None if wants_city and None in codes else codes[0]


def _reader(desk: Desk, school_code: str | None) -> Staff:
    return next(role for role in desk.roles if can_read_survey(role, school_code))


def _param(term: SurveyTerm) -> str:
    return f"{term.school_year}-{term.number}"


def _term_words(term: SurveyTerm) -> str:
    return Semester(term.school_year, term.number).label


def _bars(result: Result) -> dict[str, object]:
    counts = result.counts or {}
    widest = max(counts.values(), default=0)
    return {
        "title": QUESTIONS[result.aspect],
        "number": result.number,
        "average": f"{result.average:.1f}",
        "rows": [
            (
                word,
                counts[value],
                f"{100 * counts[value] / widest:.1f}",
                round(100 * counts[value] / result.number),
            )
            for value, word in ANSWERS.items()
            if counts
        ],
    }


def _link(visit: Visit, order: ResultsOrder) -> str:
    token = seal_results(visit.house.settings, order, visit.now)
    # LINE opens this address in the phone's own browser, where nobody is signed in.
    path = url_for("liff.download_survey", token=token, openExternalBrowser=1)
    return f"{visit.house.settings.base_url.rstrip('/')}{path}"


def _record(visit: Visit, order: ResultsOrder, action: str) -> None:
    with transaction(visit.house.engine) as database:
        record_audit(
            database,
            actor=f"staff:{order.staff_id}",
            action=action,
            subject=f"survey:{order.school_code or 'city'}/{_param(order.term)}",
            now=visit.now,
        )
