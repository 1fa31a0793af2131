"""訂閱 and 退訂: a typed line turns a box at once, says what is on now and can be taken back."""

from collections.abc import Collection
from uuid import UUID

from bot.answer import Answer
from bot.box_words import read_boxes
from bot.handlers.members import require_real_name
from bot.handlers.sms import tell_beside_boxes
from bot.handlers.turn import Turn
from bot.replies import boxes as reply
from core.errors import AccessError
from core.kinds import Channel, EventKind
from core.people.bindings import BoundChild
from core.people.doors import for_guardian
from core.people.subscriptions import boxes_of, turn_boxes
from core.postback import Action, Press


def ask_boxes(turn: Turn, said: str, *, is_on: bool) -> Answer:
    """Turn the boxes that are named, or say how they stand and ask which."""
    children = turn.person.children
    words = read_boxes(said, turn.person.child_names)
    if words.channel is Channel.SMS:
        return tell_beside_boxes(turn, words.child, is_on=is_on)
    if words.channel is not None:
        return Answer(messages=reply.elsewhere(words.channel, children, turn.pages))
    if words.child is None:
        return Answer(messages=reply.which_child(children, words.kinds, is_on=is_on))
    child = children[words.child]
    if not words.kinds:
        return Answer(messages=reply.which_box(child, ticked(turn, child)))
    return _turn(turn, child, words.kinds, is_on=is_on, is_sure=False)


def press_box(turn: Turn, press: Press) -> Answer:
    """Turn the boxes of a button: after the question, or back again."""
    if turn.person.guardian is None:
        raise AccessError("no_such_child")
    binding, kinds = press.detail.split("/")
    child = for_guardian(turn.session, turn.person.guardian.id).child(UUID(binding))
    is_on = press.action is Action.BOX_ON
    return _turn(turn, child, [EventKind(one) for one in kinds.split(",")], is_on=is_on)


def ticked(turn: Turn, child: BoundChild) -> frozenset[EventKind]:
    """Return which LINE boxes of a child are on."""
    boxes = boxes_of(turn.session, child.binding_id)
    return frozenset(kind for channel, kind in boxes if channel is Channel.LINE)


def _turn(
    turn: Turn,
    child: BoundChild,
    kinds: Collection[EventKind],
    *,
    is_on: bool,
    is_sure: bool = True,
) -> Answer:
    require_real_name(turn)
    had = ticked(turn, child)
    changed = [kind for kind in kinds if (kind in had) != is_on]
    if not changed:
        return Answer(messages=reply.nothing_changed(child, kinds, had, is_on=is_on), matters=True)
    detail = f"{child.binding_id.hex}/{','.join(changed)}"
    if not (is_on or is_sure) and EventKind.NO_SHOW in changed:
        # Whoever gives up this one hears nothing at all when a child doesn't come.
        off, back = turn.seal(Action.BOX_OFF, detail), turn.seal(Action.BACK)
        return Answer(messages=reply.is_it_right(child, changed, off, back))
    turn_boxes(
        turn.session,
        binding_id=child.binding_id,
        boxes=[(Channel.LINE, kind) for kind in changed],
        is_on=is_on,
        now=turn.now,
    )
    undo = turn.seal(Action.BOX_OFF if is_on else Action.BOX_ON, detail)
    now = ticked(turn, child)
    return Answer(messages=reply.turned(child, changed, now, undo, is_on=is_on), matters=True)
