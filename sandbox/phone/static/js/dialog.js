// One small question at a time, in the browser's own dialog.

import { h } from "./dom.js";

/**
 * Ask for a few values; null when the person cancels.
 * A field is {name, label, type, value?, min?, max?, step?, options?: [[value, label]]}.
 */
export function ask({ title, hint, submit, fields }) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "dialog-title" });
    let answer = null;
    const form = h("form", { method: "dialog", onsubmit: () => { answer = Object.fromEntries(new FormData(form)); } },
      h("h2", { id: "dialog-title" }, title),
      hint ? h("p", { class: "hint" }, hint) : null,
      fields.map(field),
      h("div", { class: "dialog-actions" },
        h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "取消"),
        h("button", { class: "button primary" }, submit)));
    dialog.append(form);
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function field({ label, options, ...attributes }) {
  const control = options
    ? h("select", { name: attributes.name }, options.map(([value, text]) => h("option", { value }, text)))
    : h("input", { required: true, autocomplete: "off", ...attributes });
  return h("label", { class: "field" }, h("span", {}, label), control);
}
