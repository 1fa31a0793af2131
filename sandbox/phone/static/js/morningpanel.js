// A whole morning in fast motion: one school's, or the city's from a number that repeats it.

import { post } from "./api.js";
import { group } from "./chips.js";
import { h } from "./dom.js";
import { minuteOf } from "./taipei.js";

const MINUTES = 30;
const SPEEDS = [1, 10, 60, 300, 600];
const USUAL = 60;
const NUMBER = 115;
const NOON = "12:00";

export class MorningPanel {
  /** reader() is the chosen one. */
  constructor(store, reader) {
    this.store = store;
    this.reader = reader;
    this.scope = h("select", { "aria-label": "誰來刷卡", onchange: () => this.draw() },
      h("option", { value: "school" }, "這所學校"), h("option", { value: "city" }, "全市學校"));
    this.speed = h("select", { "aria-label": "播放速度" },
      SPEEDS.map((speed) => h("option", { value: speed, selected: speed === USUAL }, `×${speed}`)));
    this.number = h("input", { type: "number", min: "0", max: "999999", value: String(NUMBER), inputmode: "numeric" });
    this.mishaps = h("input", { type: "checkbox", role: "switch", class: "switch", checked: true });
    this.city = h("div", { class: "morning-city", hidden: true },
      h("label", { class: "reader-field", title: "編號相同，刷卡就完全相同" }, h("span", {}, "早晨編號"), this.number),
      h("label", { class: "switch-label" }, "加上狀況", this.mishaps));
    this.button = h("button", { type: "button", class: "chip morning-go", onclick: () => this.#press() });
    this.bar = h("progress", { max: "1", value: "0", "aria-label": "播放進度" });
    this.words = h("p", { class: "morning-words", role: "status" });
    this.progress = h("div", { class: "morning-progress", hidden: true }, this.bar, this.words);
    this.node = h("div", { class: "morning" }, group("播放", [this.scope, this.speed, this.button, this.city]), this.progress);
  }

  draw() {
    const { morning } = this.store.state.gate;
    const running = Boolean(morning?.running);
    this.city.hidden = this.scope.value !== "city";
    this.button.textContent = running ? "■ 停止" : `▶ ${minuteOf(this.store.now()) < NOON ? "一個早晨" : "一次放學"}`;
    this.button.setAttribute("aria-pressed", String(running));
    for (const control of [this.scope, this.speed, this.number, this.mishaps]) control.disabled = running;
    this.progress.hidden = !morning;
    if (morning) this.#drawProgress(morning);
  }

  #drawProgress({ running, done, total, at, seed }) {
    this.bar.max = total || 1;
    this.bar.value = done;
    const left = this.store.state.gate.readers.reduce((sum, reader) => sum + reader.buffered, 0);
    const stand = running ? `播到 ${minuteOf(at)}` : done < total ? "停在這裡" : "播完了";
    const kept = left ? `；${left} 筆還在刷卡機裡` : "";
    this.words.textContent = `${stand}：${done}／${total} 筆刷卡（早晨編號 ${seed}）${kept}。`;
  }

  #press() {
    if (this.store.state.gate.morning?.running) return post("/gate/panel/morning/stop");
    const city = this.scope.value === "city";
    return post("/gate/panel/morning", {
      speed: Number(this.speed.value), minutes: MINUTES, seed: Number(this.number.value) || 0,
      school_code: city ? "" : this.reader().school_code, mishaps: city && this.mishaps.checked,
    });
  }
}
