"""Whether a setting's name is misspelt: it would have no effect, and nothing else would say so."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from core.errors import Fault
from core.settings import Settings

SETTINGS = [name.upper() for name in Settings.model_fields]
FILES = {
    f"{name}_file".upper()
    for name, field in Settings.model_fields.items()
    if field.annotation is SecretStr
}
# Two letters that changed places in a short name, and no name that others gave theirs.
ALIKE = 0.84


def name_faults() -> Iterator[Fault]:
    """Return names that set nothing: any in `.env`, in the environment those much like ours."""
    yield from environment_faults(_upper(EnvSettingsSource(Settings).env_vars))
    yield from dotenv_faults(_upper(DotEnvSettingsSource(Settings).env_vars))


def environment_faults(names: Iterable[str]) -> Iterator[Fault]:
    """Return which of these are misspelt; most of an environment is not meant for us."""
    for name in names:
        meant = _meant(name)
        if meant and name not in FILES:
            yield Fault(name, "no setting has this name", f"{meant} may be meant")


def dotenv_faults(names: Iterable[str]) -> Iterator[Fault]:
    """Return which of these do nothing: the file is ours alone."""
    for name in names:
        if name in FILES:
            hint = "Set it in the environment: only there a NAME_FILE is read"
            yield Fault(name, "has no effect in .env", hint)
        elif name not in SETTINGS:
            meant = _meant(name)
            hint = f"{meant} may be meant" if meant else "docs/configuration.md lists them all"
            yield Fault(name, "stands in .env, and no setting has this name", hint)


def _upper(names: Iterable[str]) -> list[str]:
    return sorted(name.upper() for name in names)


def _meant(name: str) -> str | None:
    """Return the setting that a name is nearly, None for one of ours and for all others."""
    if name in SETTINGS:
        return None
    return next(iter(get_close_matches(name, SETTINGS, 1, ALIKE)), None)
