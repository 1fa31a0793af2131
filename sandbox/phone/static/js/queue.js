// Many children at once: a class, or some drawn at random, through the chosen gate.

import { post } from "./api.js";
import { h } from "./dom.js";

const RANDOM = [5, 10, 20];
const WORDS = {
  recorded: "已記錄", duplicate: "重複刷卡", unknown_card: "卡片未登錄",
  quarantined: "待學校確認", invalid: "格式不對", buffered: "暫存在刷卡機",
};

export class Queue {
  #classes = "";

  /** reader() is the chosen one. */
  constructor(store, reader) {
    this.store = store;
    this.reader = reader;
    this.select = h("select", { "aria-label": "一次刷哪些孩子" });
    this.result = h("p", { class: "queue-result", role: "status" });
    this.node = h("div", { class: "queue" },
      this.select,
      h("button", { type: "button", class: "button", onclick: () => this.#go() }, "排隊刷卡"), this.result);
  }

  draw() {
    const school = this.reader()?.school_code;
    const mates = this.store.state.gate.children.filter((child) => child.school_code === school);
    const classes = [...new Set(mates.map((child) => child.homeroom))].sort();
    this.node.hidden = !mates.length;
    if (this.#classes === classes.join()) return;
    this.#classes = classes.join();
    this.select.replaceChildren(
      ...RANDOM.filter((count) => count <= mates.length).map((count) => h("option", { value: `count ${count}` }, `隨機 ${count} 位`)),
      ...classes.map((name) => h("option", { value: `class ${name}` }, `${name} 班全班`)));
  }

  async #go() {
    const [kind, value] = this.select.value.split(" ");
    const who = kind === "class" ? { homeroom: value } : { count: Number(value), seed: Math.floor(Math.random() * 1e6) };
    const answer = await post("/gate/panel/queue", { reader_id: this.reader().reader_id, ...who });
    if (!answer) return;
    const parts = Object.entries(answer.statuses).map(([status, count]) => `${WORDS[status] ?? status} ${count}`);
    this.result.textContent = `${answer.cards.length} 位刷過：${parts.join("、")}${answer.trouble ? `。${answer.trouble}` : ""}`;
  }
}
