"""How a day's record is said in one line."""

from datetime import datetime

from core.clock import taipei_clock
from core.languages.dates import parted
from core.languages.speech import _


def record_words(arrived_at: datetime | None, departed_at: datetime | None) -> str:
    """Return 到校 08:10・離校 16:02, or that there is no tap. Moments are aware, any zone."""
    moments = ((_("到校"), arrived_at), (_("離校"), departed_at))
    said = [f"{word} {taipei_clock(at)}" for word, at in moments if at is not None]
    return parted(*said) or _("尚無刷卡紀錄")
