"""What guardians are told of the texts they ordered, as Flex bubbles."""

from core.kinds import NoticeKind
from core.languages.speech import N_, _
from core.notices.flex import (
    TEAL,
    Json,
    bubble,
    buttons,
    child_name,
    meta_text,
    primary,
    quiet,
    strip_of,
    text,
)
from core.notices.wording import NoticeFacts, lines

SERVICE, KEEP, DETAILS = N_("看簡訊服務"), N_("取消註銷"), N_("看明細")
ORDER_TITLES = {
    NoticeKind.SMS_APPROVED: (N_("簡訊服務已核准"), SERVICE),
    NoticeKind.SMS_RETURNED: (N_("簡訊申請已退回"), SERVICE),
    NoticeKind.SMS_CANCELLING: (N_("註銷審核中"), KEEP),
    NoticeKind.SMS_KEPT: (N_("簡訊服務維持生效"), SERVICE),
    NoticeKind.SMS_CANCELLED: (N_("簡訊服務已註銷"), DETAILS),
    NoticeKind.SMS_SETTLED: (N_("簡訊費用已結算"), DETAILS),
}
LAPSED = N_("簡訊申請沒有生效")


def about_order(kind: NoticeKind, facts: NoticeFacts) -> Json:
    """Return the bubble of one step of an order; its button opens the child's page of texts."""
    title, act = ORDER_TITLES[kind]
    if facts.order is not None and facts.order.is_lapsed:
        title = LAPSED
    # Sending it again is what a returned order asks for; elsewhere there is nothing to do.
    button = primary if title == ORDER_TITLES[NoticeKind.SMS_RETURNED][0] else quiet
    said = [text(sentence, margin="sm") for sentence in lines(kind, facts)]
    foot = [meta_text(facts.school), buttons(button(_(act), facts.link))]
    return bubble([child_name(facts.child), *said, *foot], strip=strip_of(TEAL, _(title)))
