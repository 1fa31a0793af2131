// One person's phone: head, frame, chat, foot, and the page that may cover them.

import { actor, open } from "./action.js";
import { post } from "./api.js";
import { Chat } from "./chat.js";
import { Dock } from "./dock.js";
import { drawing, h } from "./dom.js";
import { friendCard } from "./friendcard.js";
import { closeSheetOf, openSheet } from "./liffsheet.js";
import { dayOf } from "./taipei.js";

export class Phone {
  #unread = 0;

  constructor(phone, accountName) {
    this.id = phone.user_id;
    this.device = phone.device;
    this.act = actor(this.id, this);
    this.chat = new Chat(phone.name, this.act);
    this.dock = new Dock({ owner: phone.name, send: (text) => this.#post("text", { text }), unblock: () => this.#post("unblock"), act: this.act });
    this.pills = h("span", { class: "pills" });
    this.card = friendCard(accountName, () => this.#post("follow"));
    this.noteText = h("span", {});
    this.noteBar = h("div", { class: "phone-note", role: "status", hidden: true }, this.noteText,
      h("button", { type: "button", class: "icon-button", "aria-label": "收起", onclick: () => { this.noteBar.hidden = true; } }, drawing("icon-close")));
    this.menu = this.#menu();
    this.screen = h("div", { class: "screen" }, this.#titleBar(accountName), this.noteBar, this.card, this.chat.node, this.dock.node);
    this.node = this.#frame(phone);
    for (const type of ["pointerdown", "focusin"]) this.screen.addEventListener(type, () => this.#read());
  }

  /** Show the phone as the sandbox has it; now = Date. */
  update(phone, now) {
    const stranger = !phone.friend && !phone.blocked;
    this.#unread = phone.unread;
    this.card.hidden = !stranger;
    this.chat.node.hidden = stranger;
    this.menu.hidden = stranger;
    this.blockItem.textContent = phone.blocked ? "解除封鎖" : "封鎖";
    this.blockItem.dataset.to = phone.blocked ? "unblock" : "block";
    this.pills.replaceChildren(...pills(phone));
    // The foot first: the chat scrolls to its end in the room that is left.
    this.dock.update(phone);
    this.chat.update(phone.messages, phone.blocked ? [] : phone.quick_reply, dayOf(now));
  }

  /** Say something the phone itself would do, until it is put away. */
  note(text) {
    this.noteText.textContent = text;
    this.noteBar.hidden = false;
  }

  openLiff(url) {
    this.node.scrollIntoView({ block: "nearest", inline: "nearest" });
    openSheet(this.screen, url, (link, external) => this.#followLink(link, external));
  }

  fill(text) {
    this.dock.fill(text);
  }

  remove() {
    closeSheetOf(this.screen);
    this.node.remove();
  }

  #followLink(link, external) {
    if (external) window.open(link, "_blank", "noopener");
    else open(this.id, link, this);
  }

  async #post(path, body) {
    return (await post(`/phone/${this.id}/${path}`, body)) !== null;
  }

  #read() {
    if (!this.#unread) return;
    this.#unread = 0;
    this.#post("read");
  }

  #frame(phone) {
    const device = phone.device === "desktop" ? "電腦版" : "手機";
    return h("article", { class: "phone", "data-phone": phone.user_id, "aria-label": `${phone.name}的${device}` },
      h("header", { class: "phone-head" },
        h("h2", {}, phone.name, h("small", {}, `${phone.role}・${device}`)), this.pills),
      h("div", { class: `frame frame-${phone.device}` }, this.screen));
  }

  #titleBar(accountName) {
    return h("div", { class: "title-bar" }, drawing("icon-back", "icon title-back"), h("span", { class: "title-name" }, accountName), this.menu);
  }

  #menu() {
    this.blockItem = h("button", { type: "button", onclick: () => { menu.open = false; this.#post(this.blockItem.dataset.to); } });
    const menu = h("details", { class: "phone-menu" },
      h("summary", { "aria-label": "聊天室選單" }, drawing("icon-menu")), h("div", { class: "phone-menu-items" }, this.blockItem));
    menu.addEventListener("focusout", (event) => { if (!menu.contains(event.relatedTarget)) menu.open = false; });
    menu.addEventListener("keydown", (event) => { if (event.key === "Escape") menu.open = false; });
    return menu;
  }
}

function pills(phone) {
  return [
    phone.blocked ? h("span", { class: "pill pill-held" }, "已封鎖") : null,
    phone.rings ? h("span", { class: "pill pill-rings" }, drawing("mark-arrived", "mark"), `響鈴 ${phone.rings} 次`) : null,
    phone.unread ? h("span", { class: "pill pill-unread" }, `未讀 ${phone.unread}`) : null,
  ].filter(Boolean);
}
