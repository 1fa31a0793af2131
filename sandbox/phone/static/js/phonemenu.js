// The small menu in a chat's title bar: block, delete, take back, other device, text messages and mail.

import { drawing, h } from "./dom.js";

export class PhoneMenu {
  /** acts: {block, unblock, unfollow, unsend, device, post} as functions. */
  constructor(owner, acts) {
    this.acts = acts;
    this.items = h("div", { class: "phone-menu-items" });
    this.summary = h("summary", { "aria-label": `${owner}的聊天室選單` }, drawing("icon-menu"));
    this.node = h("details", { class: "phone-menu" }, this.summary, this.items);
    this.node.addEventListener("focusout", ({ relatedTarget }) => { if (!this.node.contains(relatedTarget)) this.node.open = false; });
    this.node.addEventListener("keydown", (event) => { if (event.key === "Escape") this.#close(); });
  }

  /** Offer what makes sense for the phone as it is. */
  update(phone) {
    const stranger = !phone.friend && !phone.blocked;
    const mine = phone.messages.filter((entry) => entry.from === "person").at(-1);
    const rows = [
      phone.phone_number || phone.email ? ["看簡訊、信箱和酷課 APP", this.acts.post] : null,
      phone.device === "desktop" ? ["改用手機", () => this.acts.device("phone")] : ["改用電腦版 LINE", () => this.acts.device("desktop")],
      mine && !phone.blocked ? ["收回上一則訊息", () => this.acts.unsend(mine.id)] : null,
      stranger ? null : phone.blocked ? ["解除封鎖", this.acts.unblock] : ["封鎖", this.acts.block],
      phone.friend ? ["刪除好友", this.acts.unfollow] : null,
    ].filter(Boolean);
    const key = rows.map(([word]) => word).join();
    this.latest = new Map(rows);
    if (this.node.dataset.rows === key) return;
    this.node.dataset.rows = key;
    this.items.replaceChildren(...rows.map(([word]) => this.#item(word)));
  }

  #item(word) {
    return h("button", { type: "button", onclick: () => { this.#close(); this.latest.get(word)(); } }, word);
  }

  #close() {
    if (!this.node.open) return;
    this.node.open = false;
    this.summary.focus({ preventScroll: true });
  }
}
