"""What surrounds a notice in a letter: why it came, and how to end it."""

from core.contact.wording import FOOT, SENDER
from core.kinds import EventKind, NoticeKind
from core.languages.speech import N_, _, speaking
from core.mailing.claims import LetterOut
from core.mailing.links import letters_link
from core.mailing.return_path import return_path
from core.notices.wording import BOX_WORDS
from core.post.letters import Letter
from core.settings import Settings

ASK_SCHOOL = N_("不確定孩子在哪裡，請聯絡學校。")
INSTEAD_OF_LINE = N_("這則通知無法送到您的 LINE，所以改寄 e-mail。")
TICKED = N_("寄信原因：您訂閱了{child}的{kind}通知。")
VERIFIED = N_("寄信原因：您驗證過這個 e-mail，用來收到離校通知。")
MANAGE = N_("修改或退訂：")
# What a box is ticked for.
TICKABLE = frozenset(NoticeKind(kind.value) for kind in EventKind)


def letter_of(out: LetterOut, settings: Settings) -> Letter:
    """Return the e-mail of one notice, in its reader's language."""
    written = out.written
    with speaking(out.language):
        first = (_(INSTEAD_OF_LINE),) if written.is_fallback else ()
        asks = (_(ASK_SCHOOL),) if written.had_ask else ()
        link = letters_link(settings, out.letters)
        return Letter(
            key=out.key,
            to=out.address,
            subject=written.subject,
            paragraphs=(*first, *written.paragraphs, *asks),
            foot=_foot(out, link, settings.hotline),
            sender_name=_(SENDER),
            lang=out.language.tag,
            written_at=out.created_at,
            unsubscribe=link,
            return_path=return_path(settings, out.id, out.address),
        )


def _foot(out: LetterOut, link: str, hotline: str) -> str:
    # The address stands alone, as mail programs take the next sign for a part of it.
    return "\n".join((_reason(out), _(MANAGE), link, _(FOOT, hotline=hotline)))


def _reason(out: LetterOut) -> str:
    if out.written.is_fallback or out.kind not in TICKABLE:
        return _(VERIFIED)
    return _(TICKED, child=out.written.child, kind=_(BOX_WORDS[EventKind(out.kind.value)]))
