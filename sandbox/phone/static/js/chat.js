// The chat of one phone: days, messages, quick replies.

import { drawing, h } from "./dom.js";
import { messageNode, summary } from "./message.js";
import { isOwn } from "./placeholder.js";
import { dayName, dayOf, minuteOf } from "./taipei.js";

const NEAR_END = 60;

export class Chat {
  #nodes = new Map();
  #atEnd = true;
  #repliesKey = "";
  #unreadFrom = null;

  constructor(owner, act) {
    this.act = act;
    this.list = h("div", { class: "chat-list" });
    this.replies = h("div", { class: "quick-replies", role: "group", "aria-label": "快速回覆" });
    this.loading = h("p", { class: "chat-loading", hidden: true }, "正在準備回覆…");
    this.unreadLine = h("p", { class: "chat-note chat-unread" }, "從這裡開始未讀");
    // New messages are told by the page's one announcer: two phones at once would talk over each other.
    this.node = h("div", {
      class: "chat", role: "log", "aria-live": "off", "aria-label": `${owner}的聊天室`, tabindex: "0",
      onscroll: () => { this.#atEnd = this.#distance() < NEAR_END; },
    }, this.list, this.loading, this.replies);
    // The menu, the keyboard row and the window all change the room; the last line stays in sight.
    new ResizeObserver(() => { if (this.#atEnd) this.#toEnd(); }).observe(this.node);
  }

  /** Show these messages, known ones untouched; returns the new ones. today = Taipei day. */
  update({ messages, unread, is_loading: loading }, quickReplies, today) {
    this.loading.hidden = !loading;
    this.#drop(messages);
    const fresh = messages.filter((entry) => !this.#nodes.has(entry.id));
    for (const entry of fresh) this.#add(entry);
    this.#showReplies(quickReplies);
    this.nameDays(today);
    this.#drawUnread(messages, unread, fresh);
    if (fresh.length) this.#toEnd();
    return fresh;
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
    this.unreadLine.remove();
    for (const line of this.list.querySelectorAll("[data-day-line]")) {
      if (!line.nextElementSibling || line.nextElementSibling.dataset.dayLine) line.remove();
    }
  }

  #add(entry) {
    const day = dayOf(entry.at);
    if (this.#lastDay() !== day) {
      this.list.append(h("p", { class: "chat-note", "data-day-line": day, "data-day": day }));
    }
    const node = this.#entry(entry);
    node.dataset.day = day;
    this.#nodes.set(entry.id, node);
    this.list.append(node);
  }

  #lastDay() {
    return [...this.list.querySelectorAll("[data-day]")].at(-1)?.dataset.day;
  }

  /** Draw the line before the first unread message; it stays while reading, until the person answers. */
  #drawUnread(messages, unread, fresh) {
    const told = messages.filter((entry) => entry.from === "account" && entry.kind !== "reply");
    if (unread) this.#unreadFrom = told[Math.max(told.length - unread, 0)]?.id ?? null;
    else if (fresh.some((entry) => entry.from === "person")) this.#unreadFrom = null;
    const first = this.#nodes.get(this.#unreadFrom);
    if (!first) this.unreadLine.remove();
    else if (first.previousElementSibling !== this.unreadLine) first.before(this.unreadLine);
  }

  #entry(entry) {
    if (entry.from === "system") return h("p", { class: "chat-note" }, summary(entry.message));
    const wide = entry.message.contents?.type === "carousel" || entry.message.template?.columns || entry.message.type === "imagemap";
    const sender = entry.message.sender?.name;
    const silent = entry.from === "account" && entry.silent && entry.kind !== "reply";
    return h("article", { class: `entry from-${entry.from}${wide ? " wide" : ""}`, "aria-label": summary(entry.message), "data-silent": silent || null },
      entry.from === "account" ? drawing("emblem", "avatar") : null,
      h("div", { class: "entry-body" },
        sender ? h("span", { class: "sender" }, sender) : null,
        messageNode(entry, this.act)),
      h("span", { class: "entry-time" }, silent ? [drawing("icon-silent", "silent-mark"), h("span", { class: "silent-word" }, "靜音")] : null, minuteOf(entry.at)));
  }

  #showReplies(items) {
    const key = JSON.stringify(items);
    if (key === this.#repliesKey) return;
    this.#repliesKey = key;
    this.replies.hidden = !items.length;
    this.replies.replaceChildren(...items.map(({ action, imageUrl }) => h("button", {
      type: "button", class: "quick-reply", onclick: () => this.#reply(action),
    }, isOwn(imageUrl) ? h("img", { class: "quick-reply-image", src: imageUrl, alt: "" }) : null, action.label ?? action.text ?? "")));
  }

  /** The pressed button goes away with the next message; the focus stays in the chat. */
  #reply(action) {
    this.node.focus({ preventScroll: true });
    this.act(action);
  }

  #distance() {
    return this.node.scrollHeight - this.node.clientHeight - this.node.scrollTop;
  }

  #toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
    this.#atEnd = true;
  }
}
