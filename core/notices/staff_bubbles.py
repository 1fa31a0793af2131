"""What staff are told, as Flex bubbles. Buttons act in the chat or open a staff page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.kinds import NoticeKind
from core.notices.flex import (
    ARRIVED,
    HELD,
    INK2,
    LEAVE,
    NO_TAP,
    QUIET,
    TEAL,
    Json,
    answer,
    box,
    bubble,
    button,
    buttons,
    carousels,
    flex_message,
    meta_text,
    postback,
    primary,
    quiet,
    row,
    strip_of,
    text,
)
from core.notices.staff_words import Said
from core.postback import Action

# A bubble holds so many children with three buttons each, well inside LINE's 30 KB.
CHILDREN = 10
NAMES = 10
ANSWERS = (
    (Action.REVIEW_PRESENT, ARRIVED, "已到校"),
    (Action.REVIEW_LEAVE, LEAVE, "請假"),
    (Action.REVIEW_ABSENT, NO_TAP, "未到校"),
)
ASKED_ACTS = ((Action.ASKED_REFUSE, "不登記"), (Action.ASKED_ENTER, "登記"))
HELP_ACTS = (
    (Action.HELP_PRESENT, ARRIVED, "在學校"),
    (Action.HELP_LEAVE, LEAVE, "已請假"),
    (Action.HELP_LOOKING, NO_TAP, "還沒看到，確認中"),
)
HELD_ACTS = ((Action.HELD_RELEASE, "放行"), (Action.HELD_CANCEL, "取消"))
TONES = {
    NoticeKind.HELD: HELD,
    NoticeKind.HELD_EXPIRED: HELD,
    NoticeKind.DISCREPANCY: LEAVE,
    NoticeKind.CLOSURE_ASKED: TEAL,
    NoticeKind.CLOSURE_ANSWERED: TEAL,
    NoticeKind.CLOSURE_FOUND: TEAL,
    NoticeKind.ANNOUNCEMENT_ASKED: TEAL,
    NoticeKind.THREE_DAYS: NO_TAP,
    NoticeKind.QUOTA: TEAL,
    NoticeKind.LOOKS: HELD,
    NoticeKind.NEW_BINDING: TEAL,
    NoticeKind.BINDING_ASKED: TEAL,
    NoticeKind.MAKE_UP_ASKED: TEAL,
    NoticeKind.ANNOUNCEMENT_ANSWERED: TEAL,
    NoticeKind.DIGEST: TEAL,
    NoticeKind.QUEUE_AGING: HELD,
    NoticeKind.ORDER_AGING: HELD,
    NoticeKind.HELP_ASKED: NO_TAP,
    NoticeKind.HELP_GIVEN: TEAL,
    NoticeKind.AT_HOME: TEAL,
}


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A child to be answered for: 12 王○明, and the data of its three buttons."""

    child: str
    data: Mapping[Action, str]


def news(
    kind: NoticeKind,
    said: Said,
    meta: str,
    *,
    detail: Sequence[Json] = (),
    foot: Sequence[Json] = (),
) -> list[Json]:
    """Return a message of a few sentences, their `detail`, small print, and buttons as `foot`."""
    sentences = [text(sentence, margin="sm") for sentence in said.lines]
    strip = strip_of(TONES.get(kind, QUIET), said.title)
    made = bubble([*sentences, *detail, meta_text(meta), *foot], strip=strip)
    return [flex_message(said.alt, made)]


def held(said: Said, meta: str, data: Mapping[Action, str], page: str) -> list[Json]:
    """Return the question whether held no-shows go out, with the list to look at first."""
    fact, reason = said.lines
    acts = row([_press(word, data[action]) for action, word in HELD_ACTS], spacing="sm")
    contents = [
        text(fact),
        text(reason, size="sm", color=INK2, margin="sm"),
        meta_text(meta),
        buttons(primary("看名單", page), acts),
    ]
    return [flex_message(said.alt, bubble(contents, strip=strip_of(HELD, said.title)))]


def asked_tap(said: Said, meta: str, data: Mapping[Action, str], page: str) -> list[Json]:
    """Return the question whether a guardian's wish is entered, with both answers."""
    acts = row([_press(word, data[action]) for action, word in ASKED_ACTS], spacing="sm")
    return news(NoticeKind.MAKE_UP_ASKED, said, meta, foot=[buttons(acts, quiet("看全部", page))])


def help_asked(said: Said, meta: str, data: Mapping[Action, str], child: str) -> list[Json]:
    """Return a guardian's question about a child with the replies to press."""
    replies = [
        answer(tone, word, data[action], f"{child} {word}") for action, tone, word in HELP_ACTS
    ]
    acts = box([row(replies[:2], spacing="sm"), row(replies[2:])], spacing="sm", margin="lg")
    return news(NoticeKind.HELP_ASKED, said, meta, foot=[acts])


def open_list(page: str) -> Json:
    """Return the button to a list of children."""
    return buttons(quiet("看名單", page))


def open_announcement(page: str) -> Json:
    """Return the button to an announcement that waits."""
    return buttons(primary("看公告", page))


def in_bold(words: str) -> Json:
    """Return what somebody wrote, told apart from what we say of it."""
    return text(words, weight="bold", margin="sm")


def type_word(label: str, word: str) -> Json:
    """Return a button that types a command into the chat."""
    return buttons(button({"type": "message", "label": label, "text": word}))


def names(children: Sequence[str]) -> Json:
    """Return the children a line each, and how many more there are."""
    lines = list(children[:NAMES])
    if len(children) > NAMES:
        lines.append(f"另外 {len(children) - NAMES} 人")
    return box([text(line, size="sm", color=INK2) for line in lines], margin="md", spacing="xs")


def reviews(said: Said, meta: str, rows: Sequence[ReviewRow]) -> list[list[Json]]:
    """Return as many messages as a class's missing children need, each within LINE's limits."""
    chunks = [rows[at : at + CHILDREN] for at in range(0, len(rows), CHILDREN)]
    made = carousels([_review(said, meta, chunk) for chunk in chunks])
    return [[flex_message(said.alt, one)] for one in made]


def _review(said: Said, meta: str, rows: Sequence[ReviewRow]) -> Json:
    fact, deadline = said.lines
    contents = [
        text(fact, weight="bold"),
        *(_child(one) for one in rows),
        text(deadline, size="sm", color=INK2, margin="lg"),
        meta_text(meta),
    ]
    return bubble(contents, strip=strip_of(NO_TAP, said.title))


def _child(one: ReviewRow) -> Json:
    answers = [
        answer(tone, word, one.data[action], f"{one.child} {word}")
        for action, tone, word in ANSWERS
    ]
    name = text(one.child, weight="bold")
    return box([name, row(answers, spacing="sm", margin="sm")], margin="lg")


def _press(word: str, data: str) -> Json:
    return button(postback(word, data)) | {"flex": 1}
