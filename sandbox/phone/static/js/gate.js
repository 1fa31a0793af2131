// The gate panel: readers, children, and below them the chips and the staff codes.

import { post } from "./api.js";
import { ChildRow } from "./child.js";
import { mountChips } from "./chips.js";
import { arrange, drawing, h } from "./dom.js";
import { MorningPanel } from "./morningpanel.js";
import { Queue } from "./queue.js";
import { ReaderPanel } from "./readerpanel.js";
import { StaffCodes } from "./staff.js";
import { knownChildren, nextChild, progress, tappedOn } from "./story.js";
import { dayOf } from "./taipei.js";

const FEW = 4;
const BINDING_STEP = 1;
const TAP_STEP = 3;

/** Build the panel and keep it true to the store. */
export function mountGate(store, node) {
  const panel = new GatePanel(store);
  node.append(...panel.nodes);
  store.on(["state", "gate"], () => panel.draw());
  store.on(["phone"], () => { panel.drawRows(); panel.drawStaff(); });
  store.on(["clock", "faults"], () => panel.draw());
  return panel;
}

class GatePanel {
  #rows = new Map();
  #all = false;
  #offered = null;

  constructor(store) {
    this.store = store;
    this.select = h("select", { "aria-label": "校門", onchange: () => this.draw() });
    this.online = h("input", { type: "checkbox", role: "switch", class: "switch", onchange: () => this.#setOnline() });
    this.inside = new ReaderPanel(() => this.reader());
    this.search = h("input", { type: "search", placeholder: "找孩子", "aria-label": "找孩子，可打姓名、班級或學號", autocomplete: "off", oninput: () => this.drawRows() });
    this.list = h("ul", { class: "children" });
    this.none = h("p", { class: "gate-none", hidden: true }, "沒有符合的孩子。");
    this.allButton = h("button", { type: "button", class: "text-button gate-all", onclick: () => { this.#all = !this.#all; this.drawRows(); } });
    const chips = h("div", { class: "chips" });
    this.drawChips = mountChips(store, chips, () => this.reader());
    this.queue = new Queue(store, () => this.reader());
    this.morning = new MorningPanel(store, () => this.reader());
    chips.append(this.morning.node);
    this.staff = new StaffCodes();
    this.nodes = [this.#head(), this.inside.note, this.list, this.none, h("div", { class: "gate-foot" }, this.allButton, this.queue.node), chips, this.inside.node, this.staff.node];
  }

  /** The chosen reader. */
  reader() {
    const { readers } = this.store.state.gate;
    return readers.find((reader) => reader.reader_id === this.select.value) ?? readers[0];
  }

  draw() {
    this.#drawReaders();
    this.inside.draw();
    this.queue.draw();
    this.morning.draw();
    this.drawRows();
    this.drawChips();
    this.drawStaff();
  }

  drawStaff() {
    this.staff.draw(this.store.state);
  }

  drawRows() {
    const now = this.store.now();
    const state = { ...this.store.state, now };
    const { step } = progress(state);
    const next = step >= TAP_STEP ? nextChild(state) : null;
    const { found, everywhere } = this.#find(knownChildren(state));
    const shown = this.#all || everywhere ? found : found.slice(0, FEW);
    const rows = shown.map((child) => {
      const row = this.#row(child);
      row.update(child, { tappedToday: tappedOn(child, dayOf(now)), next: child.card_uid === next?.card_uid, showSchool: everywhere });
      return row;
    });
    arrange(this.list, rows.map((row) => row.node));
    this.none.hidden = shown.length > 0;
    this.allButton.hidden = everywhere || found.length <= FEW;
    this.allButton.textContent = this.#all ? `只顯示前 ${FEW} 位` : `顯示全部 ${found.length} 位`;
    this.#offerFacts(step, rows[0]);
  }

  /** Lead the eye to the button the story wants. */
  focusNext() {
    const button = this.list.querySelector(".child-tap.primary") ?? this.list.querySelector(".child-tap");
    button?.scrollIntoView({ block: "center" });
    button?.focus({ preventScroll: true });
  }

  /** A search looks through all schools, else the chosen school's children, those of the story first. */
  #find(known) {
    const { children } = this.store.state.gate;
    const words = this.search.value.trim();
    if (words) {
      const hit = (child) => [child.name, child.homeroom, child.student_number].some((text) => String(text).includes(words));
      return { found: children.filter(hit), everywhere: true };
    }
    const here = children.filter((child) => child.school_code === this.reader()?.school_code);
    const first = here.filter((child) => known.includes(child));
    return { found: [...first, ...here.filter((child) => !first.includes(child))], everywhere: false };
  }

  #row(child) {
    if (!this.#rows.has(child.card_uid)) {
      // A child of another school, met in a search, taps at a reader of its own school.
      const readerId = () => this.store.state.gate.readers.find((reader) => reader === this.reader() && reader.school_code === child.school_code)?.reader_id;
      const { readers } = this.store.state.gate;
      const school = readers.find((reader) => reader.school_code === child.school_code)?.school_name ?? child.school_name;
      this.#rows.set(child.card_uid, new ChildRow(child, school, readerId));
    }
    return this.#rows.get(child.card_uid);
  }

  /** The binding form asks for a child's facts, so the first child's are open while it is due. */
  #offerFacts(step, row) {
    if (step === BINDING_STEP && !this.#offered && row) {
      this.#offered = row;
      row.toggleFacts(true);
    } else if (step > BINDING_STEP && this.#offered) {
      this.#offered.toggleFacts(false);
      this.#offered = null;
    }
  }

  #head() {
    return h("header", { class: "card-head" },
      h("h2", { id: "gate-title" }, drawing("icon-reader"), "校門"),
      h("div", { class: "gate-tools" }, this.search, this.select,
        h("label", { class: "switch-label" }, h("span", {}, "連線"), this.online)));
  }

  #drawReaders() {
    const { readers } = this.store.state.gate;
    const chosen = this.select.value;
    if (this.select.options.length !== readers.length) {
      this.select.replaceChildren(...readers.map((reader) => h("option", { value: reader.reader_id }, `${reader.school_name} ${reader.gate}`)));
      if (chosen) this.select.value = chosen;
    }
    const reader = this.reader();
    if (!reader) return;
    this.online.checked = reader.online;
  }

  async #setOnline() {
    const online = this.online.checked;
    const answer = await post("/gate/panel/reader", { reader_id: this.reader().reader_id, online });
    if (!answer) this.online.checked = !online;
  }
}
