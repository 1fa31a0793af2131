// A button that copies the text it stands beside.

import { h } from "./dom.js";

let last = null;

/** Make a copy button; it must follow the element that shows the value. */
export function copyButton(label, value) {
  return h("button", { type: "button", class: "text-button", "aria-label": `複製${label}`, onclick: ({ currentTarget }) => copy(currentTarget, value) }, "複製");
}

async function copy(button, value) {
  try {
    await navigator.clipboard.writeText(value);
    if (last) last.textContent = "複製";
    button.textContent = "已複製";
    last = button;
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    button.textContent = "已選取";
  }
}
