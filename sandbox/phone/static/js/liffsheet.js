// A LIFF page as a sheet over one phone's chat.

import { h } from "./dom.js";
import { Sheet } from "./sheet.js";

export { closeSheetOf } from "./sheet.js";

/** LIFF pages hold down to 320 px; a frame nearly as narrow shows them as a phone of 375 px, scaled. */
const NARROW = 330;
const PAGE_WIDTH = 375;
const LABEL = "LINE 裡的網頁";

/**
 * Open a page over a phone's screen; follow(url, external) opens its links.
 * A page open elsewhere closes: all frames share the browser's cookies, so two people signed in at
 * once would be one person.
 */
export function openSheet(screen, url, follow) {
  return new LiffSheet(screen, url, follow);
}

class LiffSheet {
  constructor(screen, url, follow) {
    this.follow = follow;
    this.frame = h("iframe", { class: "sheet-frame", src: url, title: LABEL, allow: "clipboard-write", onload: () => this.#readOwnPage() });
    this.page = h("div", { class: "sheet-page" }, this.frame);
    this.listen = (event) => this.#hear(event);
    window.addEventListener("message", this.listen);
    this.fit = new ResizeObserver(() => this.#fit());
    this.fit.observe(this.page);
    this.sheet = new Sheet(screen, { label: LABEL, title: "正在開啟", closing: "關閉網頁", content: this.page, onclose: () => this.#end() });
  }

  #end() {
    window.removeEventListener("message", this.listen);
    this.fit.disconnect();
  }

  #hear(event) {
    if (event.source !== this.frame.contentWindow) return;
    const { liff, title, url, external } = event.data ?? {};
    if (liff === "close") this.sheet.close();
    else if (liff === "title") this.#name(String(title ?? ""));
    else if (liff === "openWindow") this.follow(String(url), external === true);
  }

  /** The sandbox's own pages (Taipei Pass) load no SDK; they share our origin and can be read. */
  #readOwnPage() {
    const page = this.frame.contentDocument;
    if (page?.title) this.#name(page.title);
    page?.addEventListener("keydown", (event) => { if (event.key === "Escape") this.sheet.close(); });
  }

  #name(title) {
    this.sheet.name(title);
    this.frame.title = `${LABEL}：${title}`;
  }

  #fit() {
    const { clientWidth, clientHeight } = this.page;
    const scale = clientWidth < NARROW ? clientWidth / PAGE_WIDTH : 1;
    this.frame.style.width = `${clientWidth / scale}px`;
    this.frame.style.height = `${clientHeight / scale}px`;
    this.frame.style.transform = scale < 1 ? `scale(${scale})` : "";
  }
}
