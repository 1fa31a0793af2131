// A LIFF page as a sheet over one phone's chat.

import { drawing, h } from "./dom.js";

// All frames share the browser's cookies, so two people signed in at once would be one person.
let current = null;

/** LIFF pages hold down to 320 px; a frame nearly as narrow shows them as a phone of 375 px, scaled. */
const NARROW = 330;
const PAGE_WIDTH = 375;

/** Open a page over a phone's screen; a page open elsewhere closes. follow(url, external) opens its links. */
export function openSheet(screen, url, follow) {
  current?.close();
  current = new LiffSheet(screen, url, follow);
}

/** Close the page if it is open over this screen. */
export function closeSheetOf(screen) {
  if (current?.screen === screen) current.close();
}

class LiffSheet {
  constructor(screen, url, follow) {
    this.screen = screen;
    this.follow = follow;
    this.opener = document.activeElement;
    this.title = h("span", { class: "sheet-title" }, "正在開啟");
    this.frame = h("iframe", { class: "sheet-frame", src: url, title: "LINE 裡的網頁", allow: "clipboard-write", onload: () => this.#nameOwnPage() });
    this.page = h("div", { class: "sheet-page" }, this.frame);
    const close = h("button", { type: "button", class: "icon-button", "aria-label": "關閉網頁", onclick: () => this.close() }, drawing("icon-close"));
    this.node = h("div", { class: "sheet", role: "dialog", "aria-label": "LINE 裡的網頁", onkeydown: (event) => { if (event.key === "Escape") this.close(); } },
      h("div", { class: "sheet-card" }, h("div", { class: "sheet-bar" }, this.title, close), this.page));
    this.listen = (event) => this.#hear(event);
    window.addEventListener("message", this.listen);
    this.fit = new ResizeObserver(() => this.#fit());
    this.fit.observe(this.page);
    screen.append(this.node);
    close.focus({ preventScroll: true });
  }

  close() {
    if (current === this) current = null;
    window.removeEventListener("message", this.listen);
    this.fit.disconnect();
    this.node.remove();
    if (this.opener?.isConnected) this.opener.focus({ preventScroll: true });
  }

  #hear(event) {
    if (event.source !== this.frame.contentWindow) return;
    const { liff, title, url, external } = event.data ?? {};
    if (liff === "close") this.close();
    else if (liff === "title") this.#name(String(title ?? ""));
    else if (liff === "openWindow") this.follow(String(url), external === true);
  }

  /** The sandbox's own pages (Taipei Pass) load no SDK; they share our origin and can be read. */
  #nameOwnPage() {
    const { title } = this.frame.contentDocument ?? {};
    if (title) this.#name(title);
  }

  #name(title) {
    this.title.textContent = title;
    this.frame.title = `LINE 裡的網頁：${title}`;
  }

  #fit() {
    const { clientWidth, clientHeight } = this.page;
    const scale = clientWidth < NARROW ? clientWidth / PAGE_WIDTH : 1;
    this.frame.style.width = `${clientWidth / scale}px`;
    this.frame.style.height = `${clientHeight / scale}px`;
    this.frame.style.transform = scale < 1 ? `scale(${scale})` : "";
  }
}
