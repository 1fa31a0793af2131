"""Everything the stand-ins remember, put together once at the start."""

from dataclasses import dataclass

from flask import current_app

from sandbox.clock import Clock
from sandbox.clock_relay import ClockRelay
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.gate import Gate
from sandbox.hub import Hub
from sandbox.login_tokens import LoginTokens
from sandbox.morning import Morning
from sandbox.quota import Quota
from sandbox.reply_tokens import ReplyTokens
from sandbox.retry_keys import RetryKeys
from sandbox.rich_menus import RichMenus
from sandbox.settings import Settings
from sandbox.taipei_pass_grants import TaipeiPassGrants
from sandbox.webhook import WebhookSender
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class State:
    """The parts by name."""

    settings: Settings
    clock: Clock
    hub: Hub
    menus: RichMenus
    world: World
    retry_keys: RetryKeys
    reply_tokens: ReplyTokens
    quota: Quota
    faults: Faults
    events: Events
    webhooks: WebhookSender
    logins: LoginTokens
    taipei_pass: TaipeiPassGrants
    gate: Gate
    morning: Morning

    def start(self) -> None:
        """Start the background threads."""
        self.webhooks.start()
        self.gate.start()

    def stop(self) -> None:
        """End streams, waits and background work."""
        self.hub.stop()
        self.gate.stop()
        self.morning.cancel()

    def reset(self) -> None:
        """Bring everything back to the first moment."""
        self.morning.cancel()
        self.webhooks.reset()
        with self.world.lock:
            self.clock.reset()
            for part in (self.menus, self.world, self.retry_keys, self.reply_tokens):
                part.reset()
            for other in (self.quota, self.logins, self.taipei_pass, self.gate):
                other.reset()
            self.faults.replace([])
            self.world.publish_phones()
            self.gate.publish()


def make_state(settings: Settings) -> State:
    """Put a fresh world together; nothing runs yet."""
    clock, hub, menus = Clock(settings.clock_now), Hub(), RichMenus()
    world = World(clock, hub, menus)
    reply_tokens = ReplyTokens()
    gate = Gate(settings, clock, world, hub)
    clock.on_move(ClockRelay(settings, world, hub).pass_on)
    return State(
        settings=settings,
        clock=clock,
        hub=hub,
        menus=menus,
        world=world,
        retry_keys=RetryKeys(),
        reply_tokens=reply_tokens,
        quota=Quota(),
        faults=Faults(lambda rows: hub.publish(lambda: {"type": "faults", "faults": rows})),
        events=Events(clock, reply_tokens),
        webhooks=WebhookSender(settings, clock, world, reply_tokens),
        logins=LoginTokens(settings, clock),
        taipei_pass=TaipeiPassGrants(clock),
        gate=gate,
        morning=Morning(clock, gate, moves_clock=bool(settings.clock_url)),
    )


def current() -> State:
    """Return the state of the running sandbox."""
    state: State = current_app.extensions["sandbox"]
    return state
