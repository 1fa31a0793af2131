// One reader's inside: numbers, buffer, clock, heartbeat, and the bad habits it can be given.

import { post } from "./api.js";
import { drawing, h } from "./dom.js";
import { secondOf } from "./taipei.js";

const CLOCKS = [
  ["right", "準時", { fault: "right" }],
  ["fast", "快 3 分鐘", { fault: "offset", seconds: 180 }],
  ["slow", "慢 40 秒", { fault: "offset", seconds: -40 }],
  ["hour", "慢 1 小時", { fault: "offset", seconds: -3600 }],
  ["jumps", "忽快忽慢", { fault: "jumps" }],
  ["epoch", "斷電後回到 1970 年", { fault: "epoch" }],
];
const BATCHES = [1, 20, 100, 500];
const DEEDS = [
  ["beat", "送一次心跳"], ["restart", "停電再開機"], ["lose-number", "跳過一號"],
];

export class ReaderPanel {
  /** reader() is the chosen one. */
  constructor(reader) {
    this.reader = reader;
    this.line = h("span", { class: "reader-line" });
    this.note = h("p", { class: "gate-note", role: "status", hidden: true });
    this.clock = this.#select("刷卡機的時鐘", CLOCKS, (value) => ({ clock: CLOCKS.find(([name]) => name === value)[2] }));
    this.batch = this.#select("一次最多送幾筆", BATCHES.map((size) => [size, `${size} 筆`]), (value) => ({ batch_size: Number(value) }));
    this.twice = this.#switch("每批送兩次", (on) => ({ sends_twice: on }));
    this.beats = this.#switch("每 30 秒送心跳", (on) => ({ beats: on }));
    this.node = h("details", { class: "reader-panel" },
      h("summary", {}, h("b", {}, "刷卡機"), this.line, drawing("icon-down")),
      h("div", { class: "reader-fields" },
        labelled("時鐘", this.clock), labelled("一次最多送", this.batch),
        h("label", { class: "switch-label" }, "每批送兩次", this.twice), h("label", { class: "switch-label" }, "每 30 秒送心跳", this.beats),
        h("div", { class: "chip-group" }, DEEDS.map(([deed, word]) => h("button", { type: "button", class: "chip", onclick: () => this.#act(deed) }, word)))));
  }

  draw() {
    const reader = this.reader();
    this.node.hidden = !reader;
    if (!reader) return;
    this.line.textContent = [
      reader.last_seq ? `刷到第 ${reader.last_seq} 號` : "還沒有人刷卡",
      `暫存 ${reader.buffered} 筆`, `時鐘${clockWord(reader.clock)}`, reader.heard_at ? `${secondOf(reader.heard_at)} 有回應` : "還沒有回應",
    ].join("・");
    this.clock.value = clockName(reader.clock);
    this.batch.value = String(reader.batch_size);
    this.twice.checked = reader.sends_twice;
    this.beats.checked = reader.beats;
    this.#drawNote(reader);
  }

  #drawNote(reader) {
    const words = reader.online ? reader.trouble && `${reader.trouble}。${reader.buffered ? `${reader.buffered} 筆留在刷卡機，會再送。` : ""}`
      : `刷卡機離線，暫存 ${reader.buffered} 筆；恢復連線就會補傳。`;
    this.note.hidden = !words;
    if (words && this.note.textContent !== words) this.note.textContent = words;
  }

  #select(label, options, change) {
    return h("select", { "aria-label": label, onchange: ({ target }) => this.#set(change(target.value)) },
      options.map(([value, word]) => h("option", { value }, word)));
  }

  #switch(label, change) {
    return h("input", { type: "checkbox", role: "switch", class: "switch", "aria-label": label, onchange: ({ target }) => this.#set(change(target.checked)) });
  }

  async #set(changes) {
    if (!await post("/gate/panel/reader", { reader_id: this.reader().reader_id, ...changes })) this.draw();
  }

  #act(deed) {
    return post(`/gate/panel/reader/${deed}`, { reader_id: this.reader().reader_id });
  }
}

function labelled(word, control) {
  return h("label", { class: "reader-field" }, h("span", {}, word), control);
}

function clockName({ fault, seconds }) {
  const found = CLOCKS.find(([, , clock]) => clock.fault === fault && (clock.seconds ?? 0) === seconds);
  return found?.[0] ?? "";
}

function clockWord(clock) {
  const word = CLOCKS.find(([name]) => name === clockName(clock))?.[1];
  return word ?? `${clock.seconds > 0 ? "快" : "慢"} ${Math.abs(clock.seconds)} 秒`;
}
