// One child in the gate panel: name, last tap, the tap button, and what a binding asks for.

import { post } from "./api.js";
import { copyButton } from "./copy.js";
import { drawing, h } from "./dom.js";
import { minuteOf } from "./taipei.js";

const LAST = {
  recorded: ["mark-arrived", "已刷卡", "arrived"],
  duplicate: ["mark-arrived", "重複刷卡", "arrived"],
  buffered: ["mark-late", "暫存在刷卡機", "held"],
  quarantined: ["mark-held", "保留", "held"],
  unknown_card: ["mark-no-tap", "查無此卡", "no-tap"],
  invalid: ["mark-no-tap", "格式不對", "no-tap"],
};
const FACTS = [
  ["student_number", "學號"], ["name", "姓名"],
  ["national_id", "身分證字號"], ["birth_date", "出生日期"],
];

export class ChildRow {
  /** school is the short name, as the forms show it. */
  constructor(child, school, readerId) {
    this.child = child;
    this.school = school;
    this.readerId = readerId;
    this.last = h("span", { class: "child-last" });
    this.where = h("small", {});
    this.facts = h("dl", { class: "child-facts", hidden: true, "aria-label": `${child.name}的資料（綁定時要填）` });
    this.more = h("button", { type: "button", class: "text-button child-more", "aria-expanded": "false", "aria-label": `${child.name}的資料（綁定時要填）`, onclick: () => this.toggleFacts() },
      "資料", drawing("icon-down"));
    this.tapButton = h("button", { type: "button", class: "button child-tap", "aria-label": `替${child.name}刷卡`, onclick: () => this.#tap() }, "刷卡");
    this.node = h("li", { class: "child" },
      h("span", { class: "child-name" }, h("b", {}, child.name), this.where),
      this.last, this.more, this.tapButton, this.facts);
  }

  /** Show the child as of a Taipei day; next = whether the story wants this tap now. */
  update(child, { tappedToday, next, showSchool }) {
    this.child = child;
    const place = `${child.homeroom} 班 ${child.seat_number} 號`;
    this.where.textContent = showSchool ? `${this.school} ${place}` : place;
    this.tapButton.classList.toggle("primary", next);
    this.#showLast(tappedToday ? child.last : null);
  }

  toggleFacts(open = this.facts.hidden) {
    if (!this.facts.childElementCount) this.facts.append(...this.#school(), ...FACTS.flatMap(([key, label]) => this.#fact(key, label)));
    this.facts.hidden = !open;
    this.more.setAttribute("aria-expanded", String(open));
  }

  async #tap() {
    const answer = await post("/gate/panel/tap", { card_uid: this.child.card_uid, reader_id: this.readerId() });
    if (answer?.http_status >= 400) this.#mark("mark-no-tap", `沒有收下（${answer.http_status}）`, "no-tap");
  }

  #showLast(last) {
    if (!last) return this.#mark("mark-waiting", "還沒刷卡", "waiting");
    const [symbol, word, tone] = LAST[last.status] ?? ["mark-held", last.status, "held"];
    return this.#mark(symbol, `${minuteOf(last.at)} ${word}`, tone);
  }

  #mark(symbol, words, tone) {
    if (this.last.dataset.words === words) return;
    this.last.dataset.words = words;
    this.last.dataset.tone = tone;
    this.last.replaceChildren(drawing(symbol, "mark"), words);
  }

  /** The form lets one choose the school, so there is nothing to copy. */
  #school() {
    const { district, level } = this.child;
    return [h("dt", {}, "學校"), h("dd", {}, `${district}・${level}・${this.school}`)];
  }

  #fact(key, label) {
    const value = this.child[key] ?? "";
    return [h("dt", {}, label), h("dd", {}, h("span", {}, value), copyButton(label, value))];
  }
}
