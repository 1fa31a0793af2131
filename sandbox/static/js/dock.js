// The foot of a phone: a line to type in, the rich menu, or the bar of a blocked account.

import { drawing, h } from "./dom.js";
import { richMenu } from "./richmenu.js";

const IME_KEY = 229;

export class Dock {
  #menuId = null;

  /** send(text) → promise of true when sent; unblock() and act(action) as named. */
  constructor({ owner, send, unblock, act }) {
    this.act = act;
    this.send = send;
    this.input = h("input", { class: "typing-input", "aria-label": `${owner}輸入訊息`, placeholder: "輸入訊息", autocomplete: "off", enterkeyhint: "send" });
    this.input.addEventListener("keydown", keepCompositionWhole);
    this.toMenu = this.#iconButton("icon-menu", "顯示選單", () => this.#show("menu"));
    this.typing = h("form", { class: "typing", onsubmit: (event) => this.#submit(event) },
      this.toMenu, this.input,
      h("button", { class: "icon-button", "aria-label": "送出" }, drawing("icon-send")));
    this.barText = h("span", {});
    this.toggle = h("button", { type: "button", class: "menu-toggle", "aria-expanded": "true", onclick: () => this.#toggle() },
      this.barText, drawing("icon-down"));
    this.bar = h("div", { class: "menu-bar" },
      this.#iconButton("icon-keyboard", "用鍵盤輸入", () => { this.#show("typing"); this.input.focus(); }),
      this.toggle);
    this.menu = h("div", { class: "menu-slot" });
    this.blocked = h("div", { class: "blocked-bar", hidden: true },
      h("span", {}, "已封鎖，收不到訊息"),
      h("button", { type: "button", class: "button", onclick: unblock }, "解除封鎖"));
    this.node = h("div", { class: "dock" }, this.blocked, this.bar, this.menu, this.typing);
    this.#show("typing");
  }

  /** Show what this phone's state calls for. */
  update(phone) {
    const menu = phone.device === "desktop" ? null : phone.rich_menu;
    this.node.hidden = !phone.friend && !phone.blocked;
    this.node.dataset.blocked = String(phone.blocked);
    this.blocked.hidden = !phone.blocked;
    this.toMenu.hidden = !menu;
    if ((menu?.id ?? null) === this.#menuId) return;
    this.#menuId = menu?.id ?? null;
    this.menu.replaceChildren(...(menu ? [richMenu(menu, this.act)] : []));
    this.barText.textContent = menu?.chat_bar_text ?? "";
    this.#open(menu?.selected ?? false);
    this.#show(menu ? "menu" : "typing");
  }

  /** Put text into the line, ready to be changed and sent. */
  fill(text) {
    this.#show("typing");
    this.input.value = text;
    this.input.focus();
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (text && await this.send(text)) this.input.value = "";
  }

  #toggle() {
    this.#open(this.toggle.getAttribute("aria-expanded") !== "true");
  }

  #open(open) {
    this.toggle.setAttribute("aria-expanded", String(open));
    this.node.dataset.open = String(open);
  }

  #show(mode) {
    this.node.dataset.mode = mode;
  }

  #iconButton(symbol, label, onclick) {
    return h("button", { type: "button", class: "icon-button", "aria-label": label, onclick }, drawing(symbol));
  }
}

/** Enter that ends an IME composition must not send the half-typed line. */
function keepCompositionWhole(event) {
  if (event.key === "Enter" && (event.isComposing || event.keyCode === IME_KEY)) event.preventDefault();
}
