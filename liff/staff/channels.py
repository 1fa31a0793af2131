"""通知管道: what guardians can choose this semester, of the city and of a school."""

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.calendar.channels import (
    LONGEST_NOTE,
    WIDTH,
    Offer,
    OfferChange,
    changes_of,
    last_change,
    offers_of,
    semester_at,
    set_offers,
)
from core.calendar.scopes import CITY
from core.calendar.semesters import Semester
from core.clock import school_day_of
from core.crypto import fingerprint
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.kinds import Channel, OfferState
from core.notices.wording import CHANNEL_WORDS, short_moment
from core.people.names import clean_line
from core.people.staff import is_bureau_admin
from core.people.tables import Staff
from core.post.connected import is_connected
from core.settings import Settings
from liff.guard import OUT_OF_ROLE, staff
from liff.staff.actors import actor_words
from liff.staff.desk import Desk, open_admin_desk
from liff.visit import Visit, current_visit

STATES = {
    OfferState.OFFERED: "提供",
    OfferState.BEST_EFFORT: "盡力提供（可能較慢）",
    OfferState.NOT_OFFERED: "本學期未提供",
}
FAULTS = {
    "wider": "全市沒有提供到這個程度，學校只能縮小",
    "line_stays": "LINE 是本服務的主要管道，不能設為未提供",
    "length": f"說明最多 {LONGEST_NOTE} 個字",
    "unknown": "請選擇提供的方式",
    "unconnected": "這個管道還沒有接通，不能提供；請維運人員先設定",
    "note": "說明不能有網址或特殊符號",
}
NOW, NEXT = "now", "next"


@dataclass(frozen=True, slots=True)
class Place:
    """What a page is about: the city or a school, in a semester; `admin` may change it."""

    desk: Desk
    scope: str
    semester: Semester
    term: str
    admin: Staff | None

    @property
    def label(self) -> str:
        """Return 榕光國小, or 全市."""
        return self.desk.school.short_name if self.desk.school and self.scope != CITY else "全市"

    @property
    def address(self) -> dict[str, Any]:
        """Return what keeps place and semester in an address."""
        term = self.term if self.term != NOW else None
        # Who has a school of their own besides reaches the city by name.
        is_city = self.scope == CITY
        return {"school": CITY if is_city else self.desk.param, "term": term}


@staff
def show_channels() -> ResponseReturnValue:
    """Show what is offered; whoever may change it gets the form."""
    visit = current_visit()
    with snapshot(visit.house.engine) as database:
        place = _open(database, visit)
        return _render(database, visit, place, offers_of(database, place.scope, place.semester), {})


@staff
def send_channels() -> ResponseReturnValue:
    """Show what would change first; sent from there, let it count."""
    visit = current_visit()
    with transaction(visit.house.engine) as database:
        place = _open(database, visit)
        if place.admin is None:
            raise AccessError(OUT_OF_ROLE, 403)
        wanted, faults = _wanted(database, place, visit.house.settings)
        try:
            changes = [] if faults else changes_of(database, place.scope, place.semester, wanted)
        except InputError as error:
            changes, faults = [], {f"{error.field}_state": FAULTS[error.code]}
        if faults:
            return _render(database, visit, place, wanted, faults), 422
        if changes and (stale := _stale(place, changes)) is not None:
            return _preview(place, wanted, changes, is_stale=stale)
        is_first = _save(database, visit, place, place.admin, wanted)
    note = ("saved" if is_first else "again") if changes else "same"
    return redirect(url_for("liff.show_channels", note=note, **place.address), 303)


def _save(
    database: Session, visit: Visit, place: Place, admin: Staff, wanted: dict[Channel, Offer]
) -> bool:
    """Let it count; of two who confirm at once, the second is told so (False)."""
    try:
        with database.begin_nested():
            set_offers(
                database,
                place.scope,
                place.semester,
                wanted,
                by=f"staff:{admin.id}",
                now=visit.now,
            )
    except IntegrityError:
        return False
    return True


def _open(database: Session, visit: Visit) -> Place:
    desk, admin = open_admin_desk(database, visit)
    scope = desk.code or CITY
    if scope == CITY and not (admin and is_bureau_admin(admin)):
        raise AccessError(OUT_OF_ROLE, 403)
    semester = semester_at(database, scope, school_day_of(visit.now))
    term = NEXT if request.values.get("term") == NEXT else NOW
    return Place(desk, scope, semester.following if term == NEXT else semester, term, admin)


def _wanted(
    database: Session, place: Place, settings: Settings
) -> tuple[dict[Channel, Offer], dict[str, str]]:
    """Return what the form asks for, and what of it can't be read; a missing field stays."""
    wanted = offers_of(database, place.scope, place.semester)
    faults = {}
    for channel, now in list(wanted.items()):
        text = request.form.get(f"{channel}_state", now.state.value)
        typed = request.form.get(f"{channel}_note", now.note)
        note = clean_line(typed)
        if text not in list(OfferState):
            faults[f"{channel}_state"] = FAULTS["unknown"]
        elif OfferState(text) is not OfferState.NOT_OFFERED and not is_connected(settings, channel):
            faults[f"{channel}_state"] = FAULTS["unconnected"]
            wanted[channel] = Offer(OfferState(text), note or "")
        elif note is None:
            faults[f"{channel}_note"] = FAULTS["note"]
            wanted[channel] = Offer(OfferState(text), typed)
        else:
            wanted[channel] = Offer(OfferState(text), note)
    return wanted, faults


def _stale(place: Place, changes: list[OfferChange]) -> bool | None:
    """Return None when just this was shown and confirmed, else whether something else was."""
    seen = request.form.get("seen", "")
    return None if seen == _seen(place, changes) else bool(seen)


def _seen(place: Place, changes: list[OfferChange]) -> str:
    return fingerprint(repr((place.scope, place.semester, changes)))


def _preview(
    place: Place, wanted: dict[Channel, Offer], changes: list[OfferChange], *, is_stale: bool
) -> str:
    fields = {f"{channel}_state": offer.state.value for channel, offer in wanted.items()}
    fields |= {f"{channel}_note": offer.note for channel, offer in wanted.items()}
    opened = [
        CHANNEL_WORDS[one.channel]
        for one in changes
        if one.after.can_be_chosen and not one.before.can_be_chosen
    ]
    closed = [
        CHANNEL_WORDS[one.channel]
        for one in changes
        if one.before.can_be_chosen and not one.after.can_be_chosen
    ]
    return render_template(
        "staff/channels_preview.html",
        desk=place.desk,
        place=place,
        changes=[
            (CHANNEL_WORDS[one.channel], _words(one.before), _words(one.after)) for one in changes
        ],
        opened="、".join(opened),
        closed="、".join(closed),
        fields=fields,
        seen=_seen(place, changes),
        is_stale=is_stale,
    )


def _words(offer: Offer) -> str:
    return f"{STATES[offer.state]}・{offer.note}" if offer.note else STATES[offer.state]


def _render(
    database: Session,
    visit: Visit,
    place: Place,
    wanted: dict[Channel, Offer],
    faults: dict[str, str],
) -> str:
    city = offers_of(database, CITY, place.semester)
    return render_template(
        "staff/channels.html",
        desk=place.desk,
        place=place,
        is_bureau=any(is_bureau_admin(role) for role in visit.roles),
        rows=[
            (channel, CHANNEL_WORDS[channel], offer, _words(offer), _choices(place, city[channel]))
            for channel, offer in wanted.items()
        ],
        city={channel: _words(offer) for channel, offer in city.items()},
        changed=_changed(database, visit, place),
        longest=LONGEST_NOTE,
        faults=faults,
        note=request.args.get("note", ""),
    )


def _choices(place: Place, city: Offer) -> list[tuple[str, str]]:
    narrowest = 0 if place.scope == CITY else WIDTH.index(city.state)
    return [(state.value, STATES[state]) for state in WIDTH[narrowest:]]


def _changed(database: Session, visit: Visit, place: Place) -> str:
    """Return when it was last changed and by whom, "" when it never was."""
    row = last_change(database, place.scope, place.semester)
    if row is None:
        return ""
    who = actor_words(database, visit.house.vault, row.recorded_by)
    return f"{short_moment(row.recorded_at)} {who}"
