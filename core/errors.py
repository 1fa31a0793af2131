"""The tree of errors. Expected outcomes are return values; refusals are raised.

AppError
├── InputError    somebody outside can correct it; carries a code and the field
├── AccessError   not allowed, or not there for this person
├── ConfigError   the operator can correct it; carries every fault found, each with a hint
└── ChannelError  a message could not be handed over; says whether trying again can help
"""

from dataclasses import dataclass


class AppError(Exception):
    """Base of every error the product raises on purpose."""


class InputError(AppError):
    """Refuse what came in. `code` names the rule, `field` the place (dotted path) or None."""

    def __init__(self, code: str, field: str | None = None) -> None:
        super().__init__(code if field is None else f"{field}: {code}")
        self.code = code
        self.field = field


class AccessError(AppError):
    """Refuse a person. `status` is the HTTP status that fits."""

    def __init__(self, code: str, status: int = 404) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong setting: its name, what is wrong, what to do."""

    name: str
    problem: str
    hint: str

    def __str__(self) -> str:
        return f"{self.name}: {self.problem}. {self.hint}"


class ConfigError(AppError):
    """Refuse to start. `faults` lists everything that is wrong, not only the first."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class ChannelError(AppError):
    """Report that a channel did not take a message, without quoting its answer."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
