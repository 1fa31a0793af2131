// What the page knows: one copy of /phone/state, kept true by events.

const MAX_ROWS = 200;

/** Holds the state and tells listeners by event type: state, phone, gate, log, clock, faults. */
export class Store extends EventTarget {
  state = null;
  #clock = { now: 0, seen: 0 };

  /** Take a whole new state. */
  replace(state) {
    this.state = state;
    this.#setClock(state.now);
    this.#tell("state", state);
  }

  /** Take one event of the stream; before the first whole state there is nothing to change. */
  apply(event) {
    if (!this.state) return;
    const take = {
      phone: () => this.#takePhone(event.phone),
      gate: () => { this.state.gate = event.gate; },
      log: () => { this.state.log = [event.row, ...this.state.log].slice(0, MAX_ROWS); },
      clock: () => this.#setClock(event.now),
      faults: () => { this.state.faults = event.faults; },
    }[event.type];
    if (!take) return;
    take();
    this.#tell(event.type, event.phone ?? event.row ?? null);
  }

  /** The sandbox's time right now, as a Date. */
  now() {
    return new Date(this.#clock.now + performance.now() - this.#clock.seen);
  }

  phone(userId) {
    return this.state.phones.find((phone) => phone.user_id === userId);
  }

  /** Listen to several event types with one handler, which gets the event's detail. */
  on(types, handler) {
    for (const type of types) this.addEventListener(type, (event) => handler(event.detail));
  }

  #takePhone(phone) {
    const at = this.state.phones.findIndex((other) => other.user_id === phone.user_id);
    if (at < 0) this.state.phones.push(phone);
    else this.state.phones[at] = phone;
  }

  #setClock(iso) {
    this.#clock = { now: Date.parse(iso), seen: performance.now() };
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
