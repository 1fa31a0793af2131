"""The LIFF app as the developers console knows it, and who agreed to what it may read."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.people import Json

SCOPES = ("openid", "profile", "chat_message.write")
BOT_PROMPTS = ("off", "normal", "aggressive")


@dataclass(slots=True)
class LiffApp:
    """`asks_consent` shows LINE's consent page before the first opening; off, all have agreed."""

    asks_consent: bool = False
    bot_prompt: str = "off"
    scope: tuple[str, ...] = SCOPES
    agreed: set[str] = field(default_factory=set)

    def reset(self) -> None:
        """Go back to the first settings; nobody has agreed."""
        self.asks_consent, self.bot_prompt, self.scope = False, "off", SCOPES
        self.agreed.clear()

    def needs_consent(self, user_id: str) -> bool:
        """Tell whether LINE would ask this user first."""
        return self.asks_consent and user_id not in self.agreed

    def change(self, wanted: Json) -> None:
        """Take over settings. Raises ValueError naming the one at fault."""
        if not wanted.keys() <= {"asks_consent", "bot_prompt", "scope"}:
            raise ValueError("may hold asks_consent, bot_prompt, scope")
        if not isinstance(wanted.get("asks_consent", False), bool):
            raise ValueError("asks_consent must be true or false")
        if wanted.get("bot_prompt", "off") not in BOT_PROMPTS:
            raise ValueError(f"bot_prompt must be one of {', '.join(BOT_PROMPTS)}")
        scope = wanted.get("scope", [])
        if not isinstance(scope, list) or not set(scope) <= set(SCOPES):
            raise ValueError(f"scope may list {', '.join(SCOPES)}")
        self.asks_consent = wanted.get("asks_consent", self.asks_consent)
        self.bot_prompt = wanted.get("bot_prompt", self.bot_prompt)
        self.scope = tuple(wanted.get("scope", self.scope))

    def dump(self) -> Any:
        """Return the settings and who agreed, for the state file."""
        return self.picture()

    def load(self, data: Any) -> None:
        """Take over what dump returned."""
        self.agreed = set(data.pop("agreed"))
        self.change(data)

    def picture(self) -> Json:
        """Return the settings as JSON."""
        return {
            "asks_consent": self.asks_consent,
            "bot_prompt": self.bot_prompt,
            "scope": list(self.scope),
            "agreed": sorted(self.agreed),
        }
