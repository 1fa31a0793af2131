"""An order of the SMS service as typed: one choice, and the yes to what it costs."""

from collections.abc import Mapping

from wtforms import BooleanField, StringField, ValidationError

from core.languages.speech import N_, _
from core.orders.late import Offer
from core.orders.plan_book import plan_of
from core.orders.plans import Items
from core.orders.tables import SmsPlan
from core.orders.words import CHOICE_WORDS, SHARED, money
from liff.forms import PageForm

FAULTS = {
    "changed": N_("費用或期間剛有更改，請再看一次後送出"),
    "consent": N_("請勾選同意費用"),
    "ordered": N_("這學期已經訂購"),
    "shared": SHARED,
    "no_phone": N_("勾了簡訊但手機還沒驗證，請先驗證"),
    "too_late": N_("已過這學期的訂購期限"),
    "closed": N_("已過這學期的訂購期限"),
    "not_offered": N_("這個方式本學期未提供"),
    "not_enrolled": N_("孩子目前不在學，請洽學校"),
}


class SmsForm(PageForm):
    """What the page asks for, of the one child it is about."""

    # Which plan was shown, and as of when.
    plan = StringField()
    items = StringField()
    consent = BooleanField()

    def validate_items(self, field: StringField) -> None:
        """Want one of the three."""
        if field.data not in set(Items):
            raise ValidationError(_("請選擇一個項目"))

    def validate_consent(self, field: BooleanField) -> None:
        """Want a yes, whenever somebody comes."""
        if not field.data:
            raise ValidationError(_("請勾選同意費用"))


def choices_of(plan: SmsPlan, offers: Mapping[Items, Offer]) -> list[tuple[str, str, str]]:
    """Return what can be ordered, each with its deposit and the most it can come to."""
    prices = plan_of(plan).prices
    return [
        (items.value, _(CHOICE_WORDS[items]), _terms(prices[items], offer.most))
        for items, offer in offers.items()
    ]


def fault_words(code: str) -> str:
    """Return why the rules refuse an order."""
    return _(FAULTS[code])


def _terms(price: int, most: int) -> str:
    slots = {"price": money(price), "max": money(most)}
    return _("先繳 {price}；這學期最多約用 {max}，沒用完的可退。", **slots)
