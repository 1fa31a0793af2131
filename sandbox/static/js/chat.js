// The chat of one phone: days, messages, quick replies.

import { drawing, h } from "./dom.js";
import { messageNode, summary } from "./message.js";
import { dayName, dayOf, minuteOf } from "./taipei.js";

const NEAR_END = 60;

export class Chat {
  #nodes = new Map();
  #atEnd = true;
  #repliesKey = "";

  constructor(owner, act) {
    this.act = act;
    this.list = h("div", { class: "chat-list" });
    this.replies = h("div", { class: "quick-replies", role: "group", "aria-label": "快速回覆" });
    this.node = h("div", {
      class: "chat", role: "log", "aria-live": "polite", "aria-label": `${owner}的聊天室`, tabindex: "0",
      onscroll: () => { this.#atEnd = this.#distance() < NEAR_END; },
    }, this.list, this.replies);
    // The menu, the keyboard row and the window all change the room; the last line stays in sight.
    new ResizeObserver(() => { if (this.#atEnd) this.#toEnd(); }).observe(this.node);
  }

  /** Show these messages; known ones are left untouched. today = Taipei day. */
  update(messages, quickReplies, today) {
    this.#drop(messages);
    const fresh = messages.filter((entry) => !this.#nodes.has(entry.id));
    for (const entry of fresh) this.#add(entry);
    this.#showReplies(quickReplies);
    this.nameDays(today);
    if (fresh.length) this.#toEnd();
  }

  /** Name the day lines again, for when midnight has passed. */
  nameDays(today) {
    for (const line of this.list.querySelectorAll("[data-day-line]")) {
      const name = dayName(line.dataset.dayLine, today);
      if (line.textContent !== name) line.textContent = name;
    }
  }

  #drop(messages) {
    const kept = new Set(messages.map((entry) => entry.id));
    for (const [id, node] of this.#nodes) {
      if (kept.has(id)) continue;
      node.remove();
      this.#nodes.delete(id);
    }
    for (const line of this.list.querySelectorAll("[data-day-line]")) {
      if (!line.nextElementSibling || line.nextElementSibling.dataset.dayLine) line.remove();
    }
  }

  #add(entry) {
    const day = dayOf(entry.at);
    if (this.list.lastElementChild?.dataset.day !== day) {
      this.list.append(h("p", { class: "chat-note", "data-day-line": day, "data-day": day }));
    }
    const node = this.#entry(entry);
    node.dataset.day = day;
    this.#nodes.set(entry.id, node);
    this.list.append(node);
  }

  #entry(entry) {
    if (entry.from === "system") return h("p", { class: "chat-note" }, summary(entry.message));
    const wide = entry.message.contents?.type === "carousel" || entry.message.template?.columns;
    const sender = entry.message.sender?.name;
    return h("article", { class: `entry from-${entry.from}${wide ? " wide" : ""}`, "aria-label": summary(entry.message) },
      entry.from === "account" ? drawing("emblem", "avatar") : null,
      h("div", { class: "entry-body" },
        sender ? h("span", { class: "sender" }, sender) : null,
        messageNode(entry.message, this.act)),
      h("span", { class: "entry-time" }, minuteOf(entry.at)));
  }

  #showReplies(items) {
    const key = JSON.stringify(items);
    if (key === this.#repliesKey) return;
    this.#repliesKey = key;
    this.replies.hidden = !items.length;
    this.replies.replaceChildren(...items.map(({ action }) => h("button", {
      type: "button", class: "quick-reply", onclick: () => this.act(action),
    }, action.label ?? action.text ?? "")));
  }

  #distance() {
    return this.node.scrollHeight - this.node.clientHeight - this.node.scrollTop;
  }

  #toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
    this.#atEnd = true;
  }
}
