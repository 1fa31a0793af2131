// The foot of a phone: a line to type in, the rich menu, or the bar of a blocked account.

import { drawing, h } from "./dom.js";
import { richMenu } from "./richmenu.js";

const IME_KEY = 229;

export class Dock {
  #menuId = null;

  /** send(text) → promise of true when sent; attach, unblock() and act(action) as named. */
  constructor({ owner, send, unblock, act, attach }) {
    this.act = act;
    this.send = send;
    this.attach = attach;
    this.input = h("input", { class: "typing-input", "aria-label": `${owner}輸入訊息`, placeholder: "輸入訊息", autocomplete: "off", enterkeyhint: "send" });
    this.input.addEventListener("keydown", keepCompositionWhole);
    this.toMenu = this.#iconButton("icon-menu", "顯示選單", () => this.showMenu(true));
    this.typing = h("form", { class: "typing", onsubmit: (event) => this.#submit(event) },
      this.toMenu, attach.toggle, this.input,
      h("button", { class: "icon-button", "aria-label": "送出" }, drawing("icon-send")));
    this.barText = h("span", {});
    this.toggle = h("button", { type: "button", class: "menu-toggle", "aria-expanded": "true", onclick: () => this.#open(!this.#isOpen()) },
      this.barText, drawing("icon-down"));
    this.keyboard = this.#iconButton("icon-keyboard", "用鍵盤輸入", () => { this.#show("typing"); this.input.focus(); });
    this.bar = h("div", { class: "menu-bar" }, this.keyboard, this.toggle);
    this.menu = h("div", { class: "menu-slot" });
    this.blocked = h("div", { class: "blocked-bar", hidden: true },
      h("span", {}, "已封鎖，收不到訊息"),
      h("button", { type: "button", class: "button", onclick: unblock }, "解除封鎖"));
    this.node = h("div", { class: "dock" }, this.blocked, this.bar, this.menu, attach.panel, this.typing);
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
    const before = this.#menuId;
    this.#menuId = menu?.id ?? null;
    this.#draw(menu);
    // A switched menu stays as open as the one before; only a first one opens by itself.
    if (!before) this.#open(menu?.selected ?? false);
    if (!menu) this.#show("typing");
    else if (!before && !this.input.value) this.#show("menu");
  }

  /** Put text into the line, ready to be changed and sent. */
  fill(text) {
    this.#show("typing");
    this.input.value = text;
    this.input.focus();
  }

  /** Bring the menu up, or fold it away. */
  showMenu(open) {
    if (!this.#menuId) return;
    this.#show("menu");
    this.#open(open);
    if (this.node.contains(document.activeElement) || document.activeElement === document.body) this.toggle.focus({ preventScroll: true });
  }

  #draw(menu) {
    const label = this.menu.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    this.menu.replaceChildren(...(menu ? [richMenu(menu, this.act)] : []));
    this.barText.textContent = menu?.chat_bar_text ?? "";
    if (label === null || !menu) return;
    const same = [...this.menu.querySelectorAll("button")].find((button) => button.getAttribute("aria-label") === label);
    (same ?? this.toggle).focus({ preventScroll: true });
  }

  async #submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    if (text && await this.send(text)) this.input.value = "";
  }

  #isOpen() {
    return this.toggle.getAttribute("aria-expanded") === "true";
  }

  #open(open) {
    this.toggle.setAttribute("aria-expanded", String(open));
    this.node.dataset.open = String(open);
  }

  #show(mode) {
    this.node.dataset.mode = mode;
    if (mode === "menu") this.attach.open(false);
  }

  #iconButton(symbol, label, onclick) {
    return h("button", { type: "button", class: "icon-button", "aria-label": label, onclick }, drawing(symbol));
  }
}

/** Enter that ends an IME composition must not send the half-typed line. */
function keepCompositionWhole(event) {
  if (event.key === "Enter" && (event.isComposing || event.keyCode === IME_KEY)) event.preventDefault();
}
