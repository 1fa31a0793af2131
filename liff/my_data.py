"""我的資料: what is held, a copy of it, stopping, deleting. None of it waits for a consent."""

import io
import re
from collections.abc import Sequence

from flask import redirect, render_template, request, send_file, session, url_for
from flask.typing import ResponseReturnValue

from core.clock import school_day_of, taipei_clock
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.identity.standing import Standing
from core.languages.dates import listed as listed_words
from core.languages.speech import N_, _, spoken
from core.orders.accounts import accounts_for
from core.orders.listing import Listed, orders_of_guardian
from core.orders.states import OrderState
from core.orders.words import REFUND
from core.people.names import given_name
from core.people.sessions import is_proved_recently
from core.people.staff import roles_of
from core.privacy.copies import collect, holdings, to_zip
from core.privacy.erasure import Erased, erase_on_request, file_stones, forget_traces
from core.privacy.orders import is_fetchable, open_order, order_copy, take_order
from core.privacy.stopping import resume_notices, stop_notices
from liff.copy_link import copy_link, open_copy_link
from liff.guard import linked, open_to_all, proved_recently
from liff.languages import keep_language
from liff.present import day_and_time, phone_link
from liff.visit import Visit, current_visit

CONFIRM_WORD = N_("刪除")
CODE = re.compile(r"[2-9A-Z]{8}")


@linked
def show_my_data() -> ResponseReturnValue:
    """Show what is held, kind by kind, and what can be done about it."""
    visit = current_visit()
    guardian = visit.get_guardian()
    with snapshot(visit.house.engine) as database:
        held = holdings(database, visit.house.vault, guardian.id, visit.now)
        order = open_order(database, guardian.id, visit.now) if _may_copy(visit) else None
    is_proved = is_proved_recently(visit.get_session(), visit.now)
    stopped = guardian.stopped_at
    return render_template(
        "my_data.html",
        held=held,
        is_ready=order is not None,
        link=copy_link(visit.house.settings, order.id) if order and is_proved else "",
        until=taipei_clock(order.expires_at) if order else "",
        stopped=day_and_time(stopped, school_day_of(visit.now)) if stopped else "",
        note=request.args.get("note", ""),
    )


@linked
@proved_recently
def show_copy() -> ResponseReturnValue:
    """Say what a copy holds before it is asked for; one that is ready is on the page before."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        order = open_order(database, visit.get_guardian().id, visit.now)
    if order is not None and _may_copy(visit):
        return redirect(url_for("liff.show_my_data", note="copy"), 303)
    return render_template("copy.html")


@linked
@proved_recently
def ask_copy() -> ResponseReturnValue:
    """Make a copy fetchable, once, for ten minutes; LINE tells where."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        order_copy(database, visit.house.settings, visit.get_guardian().id, visit.now)
    visit.house.notices_due.set()
    return redirect(url_for("liff.show_my_data", note="copy"), 303)


@open_to_all
def show_copy_file(token: str) -> ResponseReturnValue:
    """Show the button that fetches the copy: whoever only looks at a link must not use it up."""
    visit = current_visit()
    order_id = open_copy_link(visit.house.settings, token)
    with snapshot(visit.house.engine) as database:
        if not is_fetchable(database, order_id, visit.now):
            return _copy_over()
    return render_template("copy_file.html")


@open_to_all
def fetch_copy(token: str) -> ResponseReturnValue:
    """Hand the copy out, once."""
    visit = current_visit()
    order_id = open_copy_link(visit.house.settings, token)
    with transaction(visit.house.engine) as database:
        guardian_id = take_order(database, order_id, visit.now)
    if guardian_id is None:
        return _copy_over()
    with snapshot(visit.house.engine) as database:
        sections = collect(database, visit.house.vault, guardian_id, visit.now)
    return send_file(
        io.BytesIO(to_zip(sections, visit.now)),
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"my-data-{school_day_of(visit.now)}.zip",
    )


@linked
def show_stop() -> ResponseReturnValue:
    """Ask once before everything falls silent."""
    return render_template("stop.html", is_stopped=current_visit().get_guardian().stopped_at)


@linked
def change_stop() -> ResponseReturnValue:
    """Stop all notices, or take them up again; nothing else changes."""
    visit = current_visit()
    change, note = {
        "stop": (stop_notices, "stopped"),
        "resume": (resume_notices, "resumed"),
    }.get(request.form.get("action", ""), (None, None))
    if change is not None:
        with transaction(visit.house.engine) as database:
            change(database, visit.get_guardian().id, visit.now)
    return redirect(url_for("liff.show_my_data", note=note), 303)


@linked
@proved_recently
def show_delete() -> ResponseReturnValue:
    """Say what a deletion ends, and what stays."""
    return _render_delete(current_visit(), is_wrong=False)


@linked
@proved_recently
def delete_my_data() -> ResponseReturnValue:
    """Erase the guardian, when the word is typed."""
    visit = current_visit()
    typed = request.form.get("word", "").strip().casefold()
    if typed != _(CONFIRM_WORD).casefold():
        return _render_delete(visit, is_wrong=True), 422
    try:
        erased = _erase(visit)
    except InputError:
        # An order goes on sending and costing; the page says so and leads there.
        return _render_delete(visit, is_wrong=False), 422
    session.clear()
    # All that is left: the farewell is read like the rest.
    keep_language(spoken())
    if erased is None:
        return redirect(url_for("liff.show_start", bye=1), 303)
    return redirect(url_for("liff.show_deleted", code=erased.code), 303)


@open_to_all
def show_deleted(code: str) -> ResponseReturnValue:
    """Say that it is done, and by which number to ask about it."""
    if not CODE.fullmatch(code):
        raise AccessError("no_such_page")
    hotline = phone_link(current_visit().house.settings.hotline)
    return render_template("deleted.html", code=code, hotline=hotline)


def _may_copy(visit: Visit) -> bool:
    # The link alone hands everything out, so only whoever may ask for a copy gets to see it.
    return visit.standing is Standing.REAL_NAME


def _erase(visit: Visit) -> Erased | None:
    house = visit.house
    with transaction(house.engine) as database:
        erased = erase_on_request(database, house, visit.get_guardian().id, visit.now)
    house.notices_due.set()
    if erased is None:
        return None
    file_stones(house, erased.stones)
    forget_traces(house.engine)
    for line_user_id in erased.line_user_ids:
        visit.on_link(line_user_id, False)
    return erased


def _render_delete(visit: Visit, *, is_wrong: bool) -> str:
    with snapshot(visit.house.engine) as database:
        is_staff = bool(roles_of(database, visit.get_session().line_user_id))
        listed = orders_of_guardian(database, visit.get_guardian().id)
        accounts = accounts_for(database, [one.order for one in listed])
    return render_template(
        "delete.html",
        is_staff=is_staff,
        ordered=_ordered_words(listed),
        refund=_(REFUND) if any(one.refund for one in accounts.values()) else "",
        is_wrong=is_wrong,
        days=visit.house.settings.retention_backups_days,
        word=_(CONFIRM_WORD),
    )


def _ordered_words(listed: Sequence[Listed]) -> str:
    """Return what has to be done first about open orders, "" where there are none."""
    still_open = [one for one in listed if one.order.ended_at is None]
    states = {one.order.state for one in still_open}
    if OrderState.ACTIVE in states:
        return _("還有生效中的簡訊，請先註銷。")
    if OrderState.REQUESTED in states:
        return _("還有審核中的簡訊申請，請先撤回。")
    if not states:
        return ""
    children = dict.fromkeys(given_name(one.student.name) for one in still_open)
    return _("{child}的簡訊註銷還在審核，學校核准後才能刪除。", child=listed_words(children))


def _copy_over() -> ResponseReturnValue:
    return render_template("message.html", kind="copy_over", href=url_for("liff.show_my_data")), 410
