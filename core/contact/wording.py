"""What the letter and the message with a code say."""

from core.contact.outbox import CodeLetter
from core.languages.language import SOURCE, language_of
from core.languages.slots import fill_as_written
from core.languages.speech import N_, _, speaking, spoken, translate
from core.post.letters import Letter
from core.post.texts import Text

SENDER = N_("臺北市到離校通知")
SUBJECT = N_("請確認您的 e-mail（{code}）")
BODY = N_("請在 5 分鐘內輸入驗證碼 {code}。若不是您本人操作，請忽略這封信。")
FOOT = N_("請勿直接回覆；有問題請撥 {hotline}。")
MESSAGE = N_("到離校通知驗證碼{code}，5分鐘內有效。請勿告訴別人，我們不會打電話索取。")


def letter_with_code(sent: CodeLetter, hotline: str) -> Letter:
    """Return the e-mail that carries a code, in its reader's language."""
    with speaking(language_of(sent.language) or SOURCE):
        return Letter(
            key=sent.id,
            to=sent.address,
            subject=_(SUBJECT, code=sent.code),
            paragraphs=(_(BODY, code=sent.code),),
            foot=_(FOOT, hotline=hotline),
            sender_name=_(SENDER),
            lang=spoken().tag,
            written_at=sent.asked_at,
        )


def text_with_code(sent: CodeLetter) -> Text:
    """Return the text message that carries a code: one part, no spaces in Chinese."""
    with speaking(language_of(sent.language) or SOURCE):
        return Text(sent.id, sent.address, fill_as_written(translate(MESSAGE), {"code": sent.code}))
