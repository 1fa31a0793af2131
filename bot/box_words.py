"""退訂 小明 離校: what a typed line says of boxes. Nothing here raises, and nothing here saves."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.leave_words import find_child, folded, in_source
from core.kinds import Channel, EventKind

# 未到校 holds 到校: the longer word first.
KINDS = {
    EventKind.NO_SHOW: ("未到校", "沒到校", "尚無刷卡紀錄", "未到"),
    EventKind.ARRIVAL: ("到校", "到離校", "上學"),
    EventKind.DEPARTURE: ("離校", "到離校", "放學"),
}
EVERYTHING = ("全部", "所有", "都")
CHANNELS = {
    Channel.SMS: ("簡訊", "sms"),
    Channel.EMAIL: ("e-mail", "email", "電子郵件", "信箱", "郵件"),
    Channel.APP: ("酷課", "app"),
}
# What the buttons of boxes type into the chat.
TYPED = ("到校", "離校", "未到校")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxWords:
    """What was understood. `child` is a place in the names that were given, None is not said.

    `channel` is one that is named beside LINE.
    """

    child: int | None
    kinds: tuple[EventKind, ...]
    channel: Channel | None


def read_boxes(text: str, names: Sequence[Sequence[str]]) -> BoxWords:
    """Return what a text says; an only child need not be named."""
    child, rest = find_child(folded(in_source(text, TYPED)), names)
    channel = next((one for one, words in CHANNELS.items() if any(w in rest for w in words)), None)
    found = set(EventKind) if any(word in rest for word in EVERYTHING) else set()
    for kind, words in KINDS.items():
        for word in words:
            if word in rest:
                found.add(kind)
                # 到離校 names two.
                rest = rest if word == "到離校" else rest.replace(word, " ")
    return BoxWords(
        child=child, kinds=tuple(kind for kind in EventKind if kind in found), channel=channel
    )
