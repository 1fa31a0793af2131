"""Commands about staff: invite by one-time code, list."""

import click

from core.db import snapshot, transaction
from core.duty.commands import OPERATOR, fail, no_school, opened
from core.errors import InputError
from core.people.staff import all_staff, invite_staff, staff_name
from core.people.tables import School, Staff, StaffRole
from core.settings import Settings

PROBLEMS = {
    ("no_such_school", "school_code"): "There is no such school. See: school list",
    ("wrong_place", "school_code"): "Everybody but a bureau_admin belongs to a school (--school).",
    ("wrong_place", "homeroom"): "A homeroom_teacher has a class (--homeroom), nobody else does.",
    ("bad_name", "name"): "A name has letters only, at most 40 of them.",
}


@click.group(name="staff")
def staff_commands() -> None:
    """Staff of the schools and the bureau."""


@staff_commands.command(name="invite")
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([one.value for one in StaffRole]))
@click.option("--school", help="school code, six characters; none for a bureau_admin")
@click.option("--homeroom", help="a homeroom_teacher's class, such as 603")
@click.pass_obj
def invite(
    settings: Settings, name: str, role: str, school: str | None, homeroom: str | None
) -> None:
    """Print a code that makes its user staff: once, within 24 hours."""
    try:
        with opened(settings) as house, transaction(house.engine) as session:
            code = invite_staff(
                session,
                house.vault,
                name=name,
                school_code=school,
                role=StaffRole(role),
                homeroom=homeroom,
                invited_by=OPERATOR,
                now=house.clock.now(),
            )
    except InputError as refused:
        fail(PROBLEMS[refused.code, refused.field or ""])
    click.echo(f"invite code  {code}")
    click.echo("Good for 24 hours and one person. Hand it over in person: 在聊天輸入邀請碼。")


@staff_commands.command(name="list")
@click.option("--school", help="school code, six characters")
@click.pass_obj
def list_all(settings: Settings, school: str | None) -> None:
    """Print who is staff now, with the id that `revoke` wants."""
    with opened(settings) as house, snapshot(house.engine) as session:
        if school is not None and session.get(School, school) is None:
            no_school(school)
        found = all_staff(session, school)
        lines = [_line(one, staff_name(house.vault, one)) for one in found]
    click.echo("\n".join(lines) or "There is no staff yet. Invite somebody: staff invite")


def _line(staff: Staff, name: str) -> str:
    place = " ".join(filter(None, (staff.school_code or "bureau", staff.homeroom)))
    return f"{staff.id}  {staff.role:<16}  {place:<10}  {name}"
