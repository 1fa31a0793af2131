"""What LINE says of the month's quota."""

from tests.bot.fake_line import FakeLine

QUOTA = "/v2/bot/message/quota"


def say_quota(line: FakeLine, granted: int | None, used: int) -> None:
    """Let LINE say so once; None is a plan without a limit."""
    plan = {"type": "none"} if granted is None else {"type": "limited", "value": granted}
    # The longer path first: the fake goes by how a path begins.
    line.answers = {
        f"{QUOTA}/consumption": [(200, {"totalUsage": used})],
        QUOTA: [(200, plan)],
    }
