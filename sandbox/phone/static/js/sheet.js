// Something that lies over a phone's screen until it is closed; only one at a time on the page.

import { drawing, h } from "./dom.js";

let current = null;

/** Close what lies over this screen. */
export function closeSheetOf(screen) {
  if (current?.screen === screen) current.close();
}

export class Sheet {
  /** label names it, closing its button; content is what it shows; onclose is called once. */
  constructor(screen, { label, title = label, closing = "關閉", content, onclose }) {
    current?.close();
    current = this;
    this.screen = screen;
    this.onclose = onclose;
    this.opener = document.activeElement;
    this.title = h("span", { class: "sheet-title" }, title);
    const close = h("button", { type: "button", class: "icon-button", "aria-label": closing, onclick: () => this.close() }, drawing("icon-close"));
    this.node = h("div", { class: "sheet", role: "dialog", "aria-label": label, onkeydown: (event) => { if (event.key === "Escape") this.close(); } },
      h("div", { class: "sheet-card" }, h("div", { class: "sheet-bar" }, this.title, close), content));
    // What it covers can be neither seen nor reached; the rest of the page stays open to the Tab key.
    this.covered = [...screen.children];
    for (const part of this.covered) part.inert = true;
    screen.append(this.node);
    close.focus({ preventScroll: true });
  }

  name(title) {
    this.title.textContent = title;
  }

  close() {
    if (current !== this) return;
    current = null;
    for (const part of this.covered) part.inert = false;
    this.node.remove();
    this.onclose?.();
    if (this.opener?.isConnected) this.opener.focus({ preventScroll: true });
  }
}
