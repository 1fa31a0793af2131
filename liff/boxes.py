"""通知我: the grid of channels by kinds, how each of them stands, and saving it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import url_for
from sqlmodel import Session

from core.calendar.channels import Offer, choosable
from core.kinds import Channel, EventKind, OfferState
from core.languages.dates import listed
from core.languages.speech import N_, _
from core.notices.wording import BOX_WORDS, CHANNEL_WORDS
from core.orders.standing import Ordered, ordered_of
from core.people.bindings import BoundChild
from core.people.hurdles import Hurdle, Reach, hurdle_of, is_paid, reach_of
from core.people.subscriptions import Box, boxes_of, save_boxes
from core.people.tables import Guardian
from core.post.connected import is_connected
from core.settings import Settings

FAULTS = {
    Hurdle.NOT_OFFERED: N_("這個方式本學期未提供"),
    Hurdle.EMAIL: N_("勾了 e-mail 但還沒驗證，請先驗證"),
    Hurdle.PHONE: N_("勾了簡訊但手機還沒驗證，請先驗證"),
    Hurdle.ORDER: N_("勾了簡訊但還沒有生效的訂購"),
    Hurdle.APP: N_("勾了酷課 APP 但還沒連結，請先連結"),
}
READY = {
    Channel.LINE: N_("已連結"),
    Channel.EMAIL: N_("信箱已驗證"),
    Channel.APP: N_("已連結"),
}
OFFERED = N_("本學期提供")
BEST_EFFORT = N_("盡力提供（可能較慢）")


@dataclass(frozen=True, slots=True)
class Line:
    """What stands under a channel's name. With `href` it is something to do first."""

    text: str
    href: str = ""
    is_own_words: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A box: its field, what a screen reader says, whether it is on, shut, or under review."""

    field: str
    label: str
    is_on: bool
    is_shut: bool
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A channel of the grid."""

    name: str
    lines: Sequence[Line]
    cells: Sequence[Cell]
    fault: str


def all_boxes() -> list[Box]:
    """Return every box there is."""
    return [(channel, kind) for channel in Channel for kind in EventKind]


def field_of(box: Box) -> str:
    """Return the name of the box's field, such as line_arrival."""
    return f"{box[0]}_{box[1]}"


@dataclass(frozen=True, slots=True)
class Grid:
    """What the grid is made from. `faults` are by field; the row of each shows it."""

    child: BoundChild
    offers: Mapping[Channel, Offer]
    reach: Reach
    ordered: Ordered
    ticked: frozenset[Box]
    faults: Mapping[str, str]


def sendable(settings: Settings, offers: Mapping[Channel, Offer]) -> dict[Channel, Offer]:
    """Return the offers, those without a sender here as not offered, whatever was said of them."""
    return {
        channel: offer
        if is_connected(settings, channel)
        else replace(offer, state=OfferState.NOT_OFFERED)
        for channel, offer in offers.items()
    }


def rows_of(grid: Grid) -> list[Row]:
    """Return a row for each channel."""
    return [_row(grid, channel) for channel in grid.offers]


def save_grid(
    session: Session,
    guardian: Guardian,
    child: BoundChild,
    wanted: frozenset[Box],
    day: date,
    now: datetime,
) -> dict[str, str]:
    """Turn boxes on and off, or return what is wrong by field; joins the caller's transaction.

    A box that was on before may stay on while its address waits to be verified anew.
    """
    channels = choosable(session, {child.school_code}, day)
    reach = reach_of(guardian, ordered_of(session, guardian.id, child.student_id, now).in_force)
    had = boxes_of(session, child.binding_id)
    faults = {
        field_of(box): _(FAULTS[hurdle])
        for box in all_boxes()
        if box in wanted and (hurdle := hurdle_of(box, channels, reach))
        if hurdle is Hurdle.NOT_OFFERED or box not in had
    }
    if not faults:
        ticks = _without_orders(wanted)
        save_boxes(session, binding_id=child.binding_id, wanted=ticks, channels=channels, now=now)
    return faults


def copy_grid(
    session: Session,
    guardian: Guardian,
    child: BoundChild,
    wanted: frozenset[Box],
    day: date,
    now: datetime,
) -> None:
    """Set another child alike, as far as its school offers it; joins the caller's transaction."""
    channels, reach = choosable(session, {child.school_code}, day), reach_of(guardian)
    had = boxes_of(session, child.binding_id)
    wanted = _without_orders(wanted)
    fitting = {box for box in wanted if box in had or not hurdle_of(box, channels, reach)}
    save_boxes(
        session,
        binding_id=child.binding_id,
        wanted=frozenset(box for box in fitting if box[0] in channels),
        channels=channels,
        now=now,
    )


def left_out(
    session: Session, siblings: Sequence[BoundChild], boxes: frozenset[Box], day: date
) -> list[str]:
    """Return a sentence for each child whose school does not offer what is ticked here."""
    ticked = [channel for channel in Channel if any(channel is one for one, _kind in boxes)]
    found = []
    for child in siblings:
        channels = choosable(session, {child.school_code}, day)
        missing = [_(CHANNEL_WORDS[one]) for one in ticked if one not in channels]
        if missing:
            found.append(
                _(
                    "{child}的學校本學期未提供{channel}，這部分沒有套用。",
                    child=child.given_name,
                    channel=listed(missing),
                )
            )
    return found


def _without_orders(boxes: frozenset[Box]) -> frozenset[Box]:
    # What is paid for stands in an order, which ends in its own way.
    return frozenset(box for box in boxes if not is_paid(box))


def _row(grid: Grid, channel: Channel) -> Row:
    boxes, faults = [(channel, kind) for kind in EventKind], grid.faults
    said = [faults[field_of(box)] for box in boxes if field_of(box) in faults]
    cells = [_cell(grid, box) for box in boxes]
    return Row(_(CHANNEL_WORDS[channel]), _lines(grid, channel), cells, said[0] if said else "")


def _cell(grid: Grid, box: Box) -> Cell:
    channel, kind = box
    can_be_chosen, field = grid.offers[channel].can_be_chosen, field_of(box)
    if not is_paid(box):
        is_on = box in grid.ticked
        return Cell(field, _label(box, is_on), is_on and can_be_chosen, not can_be_chosen, False)
    is_on, is_waiting = kind in grid.ordered.in_force, kind in grid.ordered.waiting
    is_shut = is_on or not (can_be_chosen and grid.ordered.can_order)
    is_shown = is_on or (field in grid.faults and not is_shut)
    return Cell(field, _label(box, is_on), is_shown, is_shut, is_waiting and not is_on)


def _label(box: Box, is_on: bool) -> str:
    name = f"{_(CHANNEL_WORDS[box[0]])} {_(BOX_WORDS[box[1]])}"
    return _("{box}，已訂閱", box=name) if is_on else _("{box}，未訂閱", box=name)


def _lines(grid: Grid, channel: Channel) -> list[Line]:
    offer = grid.offers[channel]
    lines = [_standing(grid, channel)] if offer.can_be_chosen else [Line(_("本學期未提供"))]
    if offer.state is OfferState.BEST_EFFORT:
        lines.append(Line(_(BEST_EFFORT)))
    if offer.note:
        lines.append(Line(offer.note, is_own_words=True))
    return lines


def _standing(grid: Grid, channel: Channel) -> Line:
    hurdles: Collection[Hurdle | None] = {
        hurdle_of((channel, kind), {channel}, grid.reach) for kind in EventKind
    }
    is_ticked = any((channel, kind) in grid.ticked for kind in EventKind)
    if Hurdle.EMAIL in hurdles and is_ticked:
        return Line(_("已勾選，要先驗證信箱才寄得出去"), url_for("liff.show_account"))
    if Hurdle.EMAIL in hurdles:
        return Line(_("要先驗證信箱"), url_for("liff.show_account"))
    if Hurdle.PHONE in hurdles:
        return Line(_("請先驗證手機"), url_for("liff.show_account"))
    if Hurdle.APP in hurdles and is_ticked:
        return Line(_("已勾選，要先連結酷課 APP 才收得到"), url_for("liff.show_app"))
    if Hurdle.APP in hurdles:
        return Line(_("要先連結酷課 APP"), url_for("liff.show_app"))
    return _texts(grid) if channel is Channel.SMS else Line(_(READY.get(channel, OFFERED)))


def _texts(grid: Grid) -> Line:
    page = url_for("liff.show_sms", child=grid.child.binding_id)
    if grid.ordered.in_force:
        return Line(_("已訂購，註銷請到簡訊服務"))
    if grid.ordered.waiting:
        return Line(_("訂購審核中；未到校不收費"))
    if not grid.ordered.can_order:
        return Line(_("本學期只提供未到校簡訊，不收費"))
    return Line(_("簡訊需先訂購；未到校不收費"), page)
