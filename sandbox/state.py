"""Everything the stand-ins remember, put together once at the start."""

from dataclasses import dataclass, replace
from pathlib import Path

from flask import current_app

from sandbox.app_push.gateway import AppGateway
from sandbox.clock import Clock
from sandbox.clock_relay import ClockRelay
from sandbox.gate.gates import Gate
from sandbox.gate.morning import Morning
from sandbox.hub import Hub
from sandbox.ledgers.channel_tokens import ChannelTokens
from sandbox.ledgers.contents import Contents
from sandbox.ledgers.narrowcasts import Narrowcasts
from sandbox.ledgers.quota import Quota
from sandbox.ledgers.rates import Rates
from sandbox.ledgers.reply_tokens import ReplyTokens
from sandbox.ledgers.retry_keys import RetryKeys
from sandbox.ledgers.rich_menus import RichMenus
from sandbox.ledgers.sights import Sights
from sandbox.login.codes import LoginCodes
from sandbox.login.liff_app import LiffApp
from sandbox.login.tokens import LoginTokens
from sandbox.mail.plan import MailPlan
from sandbox.mail.server import MailServer
from sandbox.mail.store import MailStore
from sandbox.settings import Settings
from sandbox.sms.gateway import SmsGateway
from sandbox.sms.receipts import SmsReceipts
from sandbox.state_file import Part, StateFile
from sandbox.taipei_pass.directory import Directory
from sandbox.taipei_pass.grants import TaipeiPassGrants
from sandbox.taipei_pass.members import bureau_members, sample_members
from sandbox.taipei_pass.proofs import Proofs
from sandbox.taipei_pass.visits import Visits
from sandbox.webhooks.events import Events
from sandbox.webhooks.sender import WebhookSender
from sandbox.wire.faults import Faults
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
    rates: Rates
    sights: Sights
    contents: Contents
    narrowcasts: Narrowcasts
    faults: Faults
    events: Events
    webhooks: WebhookSender
    logins: LoginTokens
    login_codes: LoginCodes
    liff_app: LiffApp
    channel_tokens: ChannelTokens
    taipei_pass: TaipeiPassGrants
    bureau: TaipeiPassGrants
    isso: TaipeiPassGrants
    pass_directory: Directory
    bureau_directory: Directory
    pass_proofs: Proofs
    pass_visits: Visits
    app_push: AppGateway
    sms: SmsGateway
    sms_receipts: SmsReceipts
    mails: MailStore
    mail_plan: MailPlan
    mail_server: MailServer
    gate: Gate
    morning: Morning
    file: StateFile | None = None

    def start(self) -> None:
        """Start the background threads."""
        self.webhooks.start()
        self.sms_receipts.start()
        self.mail_server.start()
        self.gate.start()
        if self.file:
            self.file.start()

    def stop(self) -> None:
        """End streams, waits and background work."""
        self.hub.stop()
        self.sms_receipts.stop()
        self.mail_server.stop()
        self.gate.stop()
        self.morning.cancel()
        if self.file:
            self.file.stop()

    def reset(self) -> None:
        """Bring everything back to the first moment."""
        self.morning.cancel()
        self.webhooks.reset()
        with self.world.lock:
            self.clock.reset()
            for part in (self.menus, self.world, self.retry_keys, self.reply_tokens):
                part.reset()
            for other in (self.quota, self.logins, self.taipei_pass, self.bureau, self.gate):
                other.reset()
            for one in (self.pass_directory, self.bureau_directory, self.pass_proofs):
                one.reset()
            self.isso.reset()
            self.pass_visits.reset()
            self.login_codes.reset()
            self.liff_app.reset()
            self.app_push.reset()
            self.sms.reset()
            self.mails.reset()
            self.mail_plan.replace([])
            for line in (self.rates, self.contents, self.narrowcasts, self.channel_tokens):
                line.reset()
            self.faults.replace([])
            self.world.publish_phones()
            self.gate.publish()


def make_state(settings: Settings) -> State:
    """Put a fresh world together; nothing runs yet."""
    clock, hub, menus = Clock(settings.clock_now), Hub(), RichMenus()
    sights = Sights()
    world = World(clock, hub, menus, sights)
    reply_tokens = ReplyTokens()
    gate = Gate(settings, clock, world, hub)
    sms, mails, mail_plan = SmsGateway(clock, world), MailStore(clock, world), MailPlan()
    members, bureau = Directory(sample_members), Directory(bureau_members)
    clock.on_move(ClockRelay(settings, world, hub).pass_on)
    state = State(
        settings=settings,
        clock=clock,
        hub=hub,
        menus=menus,
        world=world,
        retry_keys=RetryKeys(),
        reply_tokens=reply_tokens,
        quota=Quota(settings.billing_zone_hours),
        rates=Rates(),
        sights=sights,
        contents=Contents(),
        narrowcasts=Narrowcasts(),
        faults=Faults(lambda rows: hub.publish(lambda: {"type": "faults", "faults": rows})),
        events=Events(clock, reply_tokens, world.remember_read_token),
        webhooks=WebhookSender(settings, clock, world, reply_tokens),
        logins=LoginTokens(settings, clock),
        channel_tokens=ChannelTokens(settings, clock),
        login_codes=LoginCodes(clock),
        liff_app=LiffApp(),
        taipei_pass=TaipeiPassGrants(clock, members.members),
        bureau=TaipeiPassGrants(clock, bureau.members),
        isso=TaipeiPassGrants(clock, members.members),
        pass_directory=members,
        bureau_directory=bureau,
        pass_proofs=Proofs(clock, members),
        pass_visits=Visits(clock),
        app_push=AppGateway(clock, world, bureau),
        sms=sms,
        sms_receipts=SmsReceipts(settings, clock, sms),
        mails=mails,
        mail_plan=mail_plan,
        mail_server=MailServer(settings, mails, mail_plan),
        gate=gate,
        morning=Morning(clock, gate, moves_clock=bool(settings.clock_url)),
    )
    return _remembering(state) if settings.state_file else state


def _remembering(state: State) -> State:
    """Return the state as its file remembers it, to be saved from now on."""
    parts: dict[str, Part] = {
        "clock": state.clock,
        "world": state.world,
        "sights": state.sights,
        "menus": state.menus,
        "retry_keys": state.retry_keys,
        "reply_tokens": state.reply_tokens,
        "quota": state.quota,
        "contents": state.contents,
        "logins": state.logins,
        "channel_tokens": state.channel_tokens,
        "webhooks": state.webhooks,
        "liff_app": state.liff_app,
        "pass_directory": state.pass_directory,
        "bureau_directory": state.bureau_directory,
        "pass_proofs": state.pass_proofs,
        "taipei_pass": state.taipei_pass,
        "bureau": state.bureau,
        "isso": state.isso,
        "app_push": state.app_push,
        "sms": state.sms,
        "mails": state.mails,
    }
    file = StateFile(Path(state.settings.state_file), parts, state.world.lock)
    file.load()
    return replace(state, file=file)


def current() -> State:
    """Return the state of the running sandbox."""
    state: State = current_app.extensions["sandbox"]
    return state
