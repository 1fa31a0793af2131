"""發公告: the form, a preview as guardians see it, then the version; nothing is written before."""

from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.announcements.asking import ask_second
from core.announcements.audiences import (
    Audience,
    audience_label,
    reach_of,
    require_audience,
    writer_of,
)
from core.announcements.reading import shown_as
from core.announcements.sending import send_out
from core.announcements.tables import Announcement
from core.announcements.writing import (
    checked,
    get_announcement,
    revise_announcement,
    versions_of,
    write_announcement,
)
from core.clock import TAIPEI
from core.db import snapshot, transaction
from core.errors import AccessError, InputError
from core.kinds import Level
from core.languages.dates import day_and_clock
from core.notices.staff_desk import staff_desk
from core.people.names import masked_name
from core.people.roster import list_schools
from core.people.staff import staff_name
from core.people.tables import Staff
from liff.announced import IMPORTANCE_WORDS, TYPE_WORDS, announced
from liff.guard import OUT_OF_ROLE, proved_recently, staff
from liff.present import phone_link
from liff.staff.announcement_form import (
    USUAL,
    AnnouncementForm,
    audience_options,
    parse_audience,
)
from liff.staff.announcements import asked_version, open_written
from liff.staff.desk import Desk, open_desk
from liff.visit import Visit, current_visit


@staff
@proved_recently
def show_new_announcement() -> ResponseReturnValue:
    """Show the empty form."""
    visit, form = current_visit(), AnnouncementForm(formdata=None)
    for name, value in USUAL.items():
        form[name].data = value
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        options = _options(database, desk)
        # Whoever may write to many chooses; nobody writes to a whole school by oversight.
        form.audience.data = options[0][0] if len(options) == 1 else ""
        return _render_form(database, desk, form, {})


@staff
@proved_recently
def send_announcement() -> ResponseReturnValue:
    """Show the preview first; sent from there, write it."""
    return _take(current_visit(), None)


@staff
@proved_recently
def show_edit(announcement_id: UUID) -> ResponseReturnValue:
    """Show the form with what was written last."""
    visit, form = current_visit(), AnnouncementForm(formdata=None)
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        announcement, _ = open_written(database, desk, announcement_id)
        newest = versions_of(database, announcement_id)[0]
        for name in ("type", "importance", "title", "body"):
            form[name].data = getattr(newest, name)
        if newest.publish_from > visit.now:
            form.publish_from.data = f"{newest.publish_from.astimezone(TAIPEI):%Y-%m-%dT%H:%M}"
        return _render_form(database, desk, form, {}, announcement, newest.number)


@staff
@proved_recently
def send_edit(announcement_id: UUID) -> ResponseReturnValue:
    """Show the preview first; sent from there, write the next version."""
    return _take(current_visit(), announcement_id)


def _take(visit: Visit, announcement_id: UUID | None) -> ResponseReturnValue:
    form = AnnouncementForm()
    with snapshot(visit.house.engine) as database:
        _audience_or_options(database, open_desk(database, visit), announcement_id)
    lacks = {} if announcement_id or form.audience.data else {"audience": "請選擇對象"}
    faults = lacks if form.validate() else {**lacks, **form.faults}
    if not faults and "back" not in request.form:
        try:
            if "sure" not in request.form:
                return _preview(visit, form, announcement_id)
            if announcement_id is None:
                return _write_once(visit, form)
            return _write(visit, form, announcement_id)
        except InputError as error:
            faults = form.place_fault(error)
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        announcement = _find(database, desk, announcement_id)
        faults = {} if "back" in request.form else faults
        page = _render_form(database, desk, form, faults, announcement, asked_version("seen"))
    return page, 422 if faults else 200


def _audience_or_options(database: Session, desk: Desk, announcement_id: UUID | None) -> None:
    """Refuse whoever may write neither this announcement nor any."""
    if announcement_id is None:
        _options(database, desk)
    else:
        open_written(database, desk, announcement_id)


def _options(database: Session, desk: Desk) -> list[tuple[str, str]]:
    """Return whom the desk may write to. Raises AccessError 403 where that is nobody."""
    options = list(audience_options(database, desk))
    if not options:
        raise AccessError(OUT_OF_ROLE, 403)
    return options


def _find(database: Session, desk: Desk, announcement_id: UUID | None) -> Announcement | None:
    return open_written(database, desk, announcement_id)[0] if announcement_id else None


def _audience(
    database: Session, desk: Desk, form: AnnouncementForm, announcement_id: UUID | None
) -> tuple[Audience, Staff]:
    """Return whom it is for and the role that writes. Raises AccessError for others'."""
    if announcement_id is not None:
        announcement, own = open_written(database, desk, announcement_id)
        return Audience.of(announcement), own
    audience = parse_audience(form, desk)
    writer = writer_of(desk.roles, audience)
    if writer is None:
        raise AccessError(OUT_OF_ROLE, 403)
    return audience, writer


def _preview(visit: Visit, form: AnnouncementForm, announcement_id: UUID | None) -> str:
    with snapshot(visit.house.engine) as database:
        desk = open_desk(database, visit)
        audience, _ = _audience(database, desk, form, announcement_id)
        require_audience(database, audience)
        text = checked(form.text(visit.now), visit.now, visit.house.settings.liff_id)
        shown = shown_as(database, audience, text, visit.now, announcement_id)
        label, reach = audience_label(database, audience), reach_of(database, audience)
    is_later = text.publish_from > visit.now
    return render_template(
        "staff/announcement_preview.html",
        desk=desk,
        one=announced(shown, visit.now),
        hotline=phone_link(visit.house.settings.hotline),
        label=label,
        reach=reach,
        needs_second=audience.needs_second,
        starts=day_and_clock(text.publish_from) if is_later else "",
        # Whoever sends the preview twice writes one announcement.
        fields={**form.typed, "seen": str(asked_version("seen")), "draft": str(uuid4())},
    )


def _write(
    visit: Visit, form: AnnouncementForm, announcement_id: UUID | None
) -> ResponseReturnValue:
    with transaction(visit.house.engine) as database:
        desk = open_desk(database, visit)
        audience, writer = _audience(database, desk, form, announcement_id)
        text, by, now = form.text(visit.now), f"staff:{writer.id}", visit.now
        own = visit.house.settings.liff_id
        if announcement_id is None:
            version = write_announcement(
                database, audience, text, by, now, liff_id=own, announcement_id=_draft()
            )
        else:
            seen = asked_version("seen")
            version = revise_announcement(
                database, announcement_id, text, seen=seen, by=by, now=now, liff_id=own
            )
        name = masked_name(staff_name(visit.house.vault, writer))
        ask_second(database, staff_desk(visit.house.settings), version, name, now)
        is_public = get_announcement(database, version.announcement_id).published_number
        note = "published" if is_public == version.number else "proposed"
        if note == "published":
            send_out(database, visit.house.settings, version.announcement_id, now)
    visit.house.notices_due.set()
    return _lead_to(version.announcement_id, desk, note)


def _write_once(visit: Visit, form: AnnouncementForm) -> ResponseReturnValue:
    """Write a new one, or lead to what this very preview made already."""
    try:
        return _sent_before(visit) or _write(visit, form, None)
    except IntegrityError:
        # The same preview came twice at once, and the other was first.
        if (found := _sent_before(visit)) is not None:
            return found
        raise


def _draft() -> UUID | None:
    try:
        return UUID(request.form.get("draft", ""))
    except ValueError:
        return None


def _sent_before(visit: Visit) -> ResponseReturnValue | None:
    """Return the way to what this very preview made, None where it is sent first."""
    draft = _draft()
    with snapshot(visit.house.engine) as database:
        if draft is None or database.get(Announcement, draft) is None:
            return None
        desk = open_desk(database, visit)
        written, _ = open_written(database, desk, draft)
    return _lead_to(draft, desk, "published" if written.published_number else "proposed")


def _lead_to(announcement_id: UUID, desk: Desk, note: str) -> ResponseReturnValue:
    page = url_for(
        "liff.show_announcement", announcement_id=announcement_id, school=desk.param, note=note
    )
    return redirect(page, 303)


def _render_form(
    database: Session,
    desk: Desk,
    form: AnnouncementForm,
    faults: dict[str, str],
    announcement: Announcement | None = None,
    seen: int = 0,
) -> str:
    schools = list_schools(database) if desk.is_of_bureau and announcement is None else ()
    label = audience_label(database, Audience.of(announcement)) if announcement else ""
    return render_template(
        "staff/announcement_form.html",
        desk=desk,
        form=form,
        faults=faults,
        announcement=announcement,
        seen=seen,
        label=label,
        is_bureau=bool(schools),
        options=[] if announcement else audience_options(database, desk),
        districts=sorted({school.district for school in schools}),
        levels=[level.value for level in Level],
        types=[(key, word, "") for key, word in TYPE_WORDS.items()],
        weights=[(key, word, "") for key, word in IMPORTANCE_WORDS.items()],
    )
