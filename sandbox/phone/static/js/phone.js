// One person's phone: head, frame, chat, foot, and the page that may cover them.

import { actor, open } from "./action.js";
import { announce } from "./announcer.js";
import { post } from "./api.js";
import { Attach } from "./attach.js";
import { Chat } from "./chat.js";
import { Dock } from "./dock.js";
import { drawing, h } from "./dom.js";
import { friendCard } from "./friendcard.js";
import { closeSheetOf, openSheet } from "./liffsheet.js";
import { summary } from "./message.js";
import { PhoneMenu } from "./phonemenu.js";
import { openPost } from "./postbox.js";
import { dayOf } from "./taipei.js";

const DEVICES = { phone: "手機", desktop: "電腦版，沒有選單" };

export class Phone {
  #unread = 0;
  #isNew = true;
  #holdsCard = false;

  constructor(phone, accountName) {
    this.id = phone.user_id;
    this.owner = phone.name;
    this.device = phone.device;
    this.act = actor(this.id, this);
    this.attach = new Attach(phone.name, this.id);
    this.chat = new Chat(phone.name, this.act);
    this.dock = new Dock({ owner: phone.name, send: (text) => this.#post("text", { text }), unblock: () => this.#post("unblock"), act: this.act, attach: this.attach });
    this.pills = h("span", { class: "pills" });
    this.deviceWord = h("small", {});
    this.card = friendCard(phone.name, accountName, () => this.#follow());
    this.noteText = h("span", {});
    this.noteBar = h("div", { class: "phone-note", role: "status", hidden: true }, this.noteText,
      h("button", { type: "button", class: "icon-button", "aria-label": "收起", onclick: () => { this.noteBar.hidden = true; } }, drawing("icon-close")));
    this.alert = h("div", { class: "alert-banner", "aria-hidden": "true", hidden: true });
    this.menu = this.#menu();
    this.screen = h("div", { class: "screen" }, this.#titleBar(accountName), this.alert, this.noteBar, this.card, this.chat.node, this.dock.node);
    this.frame = h("div", { class: "frame" }, this.screen);
    this.node = h("article", { class: "phone", "data-phone": phone.user_id },
      h("header", { class: "phone-head" }, h("h2", {}, phone.name, this.deviceWord), this.pills), this.frame);
    for (const type of ["pointerdown", "focusin"]) this.screen.addEventListener(type, () => this.#read());
  }

  /** Show the phone as the sandbox has it; now = Date. */
  update(phone, now) {
    const stranger = !phone.friend && !phone.blocked;
    this.phone = phone;
    this.#unread = phone.unread;
    this.#showDevice(phone);
    this.card.hidden = !stranger;
    this.chat.node.hidden = stranger;
    this.menu.update(phone);
    this.pills.replaceChildren(...pills(phone));
    // The foot first: the chat scrolls to its end in the room that is left.
    this.dock.update(phone);
    const fresh = this.chat.update(phone, phone.blocked ? [] : phone.quick_reply, dayOf(now));
    if (!this.#isNew) this.#tell(phone, fresh);
    this.#isNew = false;
    // The pressed button has gone away; the chat in its place takes the focus.
    if (!stranger && this.#holdsCard) this.chat.node.focus({ preventScroll: true });
    this.#holdsCard &&= stranger;
    if (!phone.unread) this.alert.hidden = true;
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

  showMenu(open) {
    this.dock.showMenu(open);
  }

  choose(kind) {
    this.attach.choose(kind);
  }

  remove() {
    closeSheetOf(this.screen);
    this.node.remove();
  }

  /** What rang lies on the screen as on a lock screen, until somebody takes the phone. */
  #tell(phone, fresh) {
    announce(phone, fresh);
    const rung = fresh.filter((entry) => entry.from === "account" && entry.kind !== "reply" && !entry.silent).at(-1);
    if (!rung || !phone.unread) return;
    this.alert.replaceChildren(drawing("icon-bell", "icon"), h("span", {}, summary(rung.message)));
    this.alert.hidden = false;
  }

  #followLink(link, external) {
    if (external) window.open(link, "_blank", "noopener");
    else open(this.id, link, this);
  }

  async #post(path, body) {
    return (await post(`/phone/${this.id}/${path}`, body)) !== null;
  }

  #follow() {
    this.#holdsCard = this.card.contains(document.activeElement);
    return this.#post("follow");
  }

  #read() {
    if (!this.#unread) return;
    this.#unread = 0;
    this.#post("read");
  }

  #showDevice(phone) {
    this.device = phone.device;
    this.frame.className = `frame frame-${phone.device}`;
    this.deviceWord.textContent = `${phone.role}・${DEVICES[phone.device]}`;
    this.node.setAttribute("aria-label", `${phone.name}的${phone.device === "desktop" ? "電腦版 LINE" : "手機"}`);
  }

  #titleBar(accountName) {
    return h("div", { class: "title-bar" }, drawing("icon-back", "icon title-back"), h("span", { class: "title-name" }, accountName), this.menu.node);
  }

  #menu() {
    return new PhoneMenu(this.owner, {
      post: () => openPost(this.screen, this.phone),
      device: (device) => this.#post("device", { device }),
      unsend: (messageId) => this.#post("unsend", { message_id: messageId }),
      block: () => this.#post("block"),
      unblock: () => this.#post("unblock"),
      unfollow: () => this.#post("unfollow"),
    });
  }
}

function pills(phone) {
  return [
    phone.blocked ? h("span", { class: "pill pill-held" }, "已封鎖") : null,
    phone.rings ? h("span", { class: "pill pill-rings" }, drawing("mark-arrived", "mark"), `響鈴 ${phone.rings} 次`) : null,
    phone.unread ? h("span", { class: "pill pill-unread" }, `未讀 ${phone.unread}`) : null,
  ].filter(Boolean);
}
