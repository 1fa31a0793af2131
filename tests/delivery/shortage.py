"""A month whose quota is short."""

from core.db import transaction
from core.delivery.quota import Outlook, Quota, Step
from core.delivery.quota_month import record_quota
from core.house import House

USED = {
    Step.NORMAL: 100,
    Step.NO_TESTS: 7_500,
    Step.DEPARTURES_ON_DEMAND: 7_900,
    Step.ARRIVALS_ON_DEMAND: 9_000,
}


def run_short(house: House, step: Step) -> None:
    """Let deliveries be cut back so far this month."""
    with transaction(house.engine) as session:
        quota = Quota(10_000, USED[step])
        change = record_quota(session, quota, Outlook(past=16, left=5), house.clock.now())
    assert change is not None
    assert change.after.step is step
