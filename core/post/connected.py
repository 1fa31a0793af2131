"""Which channels have a sender here; what has none is offered by nobody."""

from core.kinds import Channel
from core.post.mitake import text_sender
from core.post.smtp import smtp_route
from core.settings import Settings


def is_connected(settings: Settings, channel: Channel) -> bool:
    """Tell whether a channel has a sender."""
    match channel:
        case Channel.LINE:
            return True
        case Channel.EMAIL:
            return smtp_route(settings) is not None
        case Channel.SMS:
            return text_sender(settings) is not None
        case Channel.APP:
            return bool(settings.app_push_url)
