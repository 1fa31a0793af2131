// One-time codes at the foot of the gate panel: whoever types one in a chat becomes school staff.

import { copyButton } from "./copy.js";
import { arrange, drawing, h } from "./dom.js";

export class StaffCodes {
  #rows = new Map();

  constructor() {
    this.list = h("ul", {});
    this.node = h("details", { class: "staff", hidden: true },
      h("summary", {}, h("b", {}, "學校人員"), drawing("icon-down")),
      h("p", {}, "在任一支手機的聊天輸入這組碼，就成為學校人員。"),
      this.list);
  }

  /** Show the sample's codes; without any there is no section. */
  draw({ gate, phones }) {
    this.node.hidden = gate.staff.length === 0;
    arrange(this.list, gate.staff.map((one) => {
      const row = this.#row(one);
      row.used.textContent = usedWords(one.code, phones);
      return row.node;
    }));
  }

  #row({ code, name, role, school_name: school }) {
    if (!this.#rows.has(code)) {
      const used = h("small", {});
      const node = h("li", {},
        h("span", { class: "staff-name" }, h("b", {}, name), h("small", {}, `${school} ${role}`), used),
        h("code", {}, code), copyButton(`${name}的碼`, code));
      this.#rows.set(code, { node, used });
    }
    return this.#rows.get(code);
  }
}

/** A code works once, so the panel says on whose phone it was typed. */
function usedWords(code, phones) {
  const user = phones.find((phone) => phone.messages.some((entry) => entry.from === "person" && entry.message.text?.trim() === code));
  return user ? `${user.name}已輸入` : "";
}
