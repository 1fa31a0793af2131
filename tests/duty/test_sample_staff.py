"""The invented staff of the sample: their codes last as long as somebody tries things out."""

from datetime import timedelta

from core.db import transaction
from core.duty.sample import invite_sample_staff, seed_sample
from core.house import House
from core.people.staff import enrol_staff


def test_each_code_still_makes_staff_days_later(house: House) -> None:
    now = house.clock.now()
    later = now + timedelta(days=3)
    with transaction(house.engine) as session:
        seed_sample(session, house.vault, now)
        invited = invite_sample_staff(session, house.vault, now)
        for place, one in enumerate(invited):
            staff = enrol_staff(
                session, house.vault, code=one["code"], line_user_id=f"U{place:032x}", now=later
            )
            assert staff is not None, one["role"]
