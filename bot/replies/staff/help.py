"""What staff can type: only what this person may do."""

from collections.abc import Sequence

from bot.answer import Json
from bot.replies.speech import show
from bot.replies.staff.samples import SAMPLES, Own, sample_of
from bot.staff_commands import StaffVerb
from core.notices.flex import BRAND, INK2, box, bubble, row, text

GROUPS = {
    "今天": (StaffVerb.TODAY, StaffVerb.MISSING, StaffVerb.REPORT),
    "刷卡": (StaffVerb.MAKE_UP, StaffVerb.MAKE_UP_UNDO, StaffVerb.READERS),
    "請假": (StaffVerb.LEAVE, StaffVerb.LEAVE_DROP),
    "學生和家長": (
        StaffVerb.LOOK_UP,
        StaffVerb.CODES,
        StaffVerb.OPEN,
        StaffVerb.SEAL,
        StaffVerb.UNBIND,
    ),
    "通知": (StaffVerb.SEND, StaffVerb.RELEASE, StaffVerb.CANCEL),
    "停課": (StaffVerb.CLOSE, StaffVerb.REOPEN),
    "審核和人員": (
        StaffVerb.QUEUE,
        StaffVerb.ROSTER,
        StaffVerb.INVITE,
        StaffVerb.REVOKE,
        StaffVerb.AUDIT,
    ),
    "其他": (StaffVerb.STATUS, StaffVerb.HELP),
}
LIMIT = 6


def commands(verbs: Sequence[StaffVerb], own: Own) -> list[Json]:
    """Return the words by what they are about, what each does and a sample that works as it is."""
    lines = [line for noun, group in GROUPS.items() for line in _group(noun, group, verbs, own)]
    contents = [text("學校人員可以輸入", size="xl", weight="bold"), *lines]
    words = [verb.value for verb in verbs if verb is not StaffVerb.HELP][:LIMIT]
    return [show("學校人員可以輸入的功能", bubble(contents), *words)]


def _group(
    noun: str, group: Sequence[StaffVerb], verbs: Sequence[StaffVerb], own: Own
) -> list[Json]:
    shown = [verb for verb in group if verb in verbs]
    if not shown:
        return []
    return [text(noun, size="sm", color=INK2, margin="lg"), *(_line(verb, own) for verb in shown)]


def _line(verb: StaffVerb, own: Own) -> Json:
    (what, _), said = SAMPLES[verb], sample_of(verb, own)
    told = [text(what, size="sm", color=INK2), *([text(said, size="sm")] if said else [])]
    return row(
        [text(verb.value, color=BRAND, weight="bold", flex=3), box(told, flex=7)], margin="md"
    )
