// All phones in a row, and the names above them to get to each.

import { countUnread } from "./announcer.js";
import { post } from "./api.js";
import { ask } from "./dialog.js";
import { arrange, h } from "./dom.js";
import { Phone } from "./phone.js";
import { dayOf } from "./taipei.js";

const ROLES = ["媽媽", "爸爸", "阿嬤", "阿公", "導師", "生教組"];
const DEVICES = [["phone", "手機"], ["desktop", "電腦版 LINE（沒有選單）"]];

/** Keep the rail and its switcher true to the store. */
export function mountRail(store, { rail, switcher, addButton, badge }) {
  const phones = new Map();
  const chips = new Map();

  const show = (phone) => {
    if (!phones.has(phone.user_id)) phones.set(phone.user_id, new Phone(phone, store.state.account.name));
    phones.get(phone.user_id).update(phone, store.now());
  };
  const goTo = (userId) => {
    const { node } = phones.get(userId);
    rail.scrollTo({ left: node.offsetLeft - rail.firstElementChild.offsetLeft });
  };
  const showChip = (phone) => {
    if (!chips.has(phone.user_id)) chips.set(phone.user_id, chip(phone, () => goTo(phone.user_id)));
    const count = chips.get(phone.user_id).querySelector(".badge");
    count.hidden = !phone.unread;
    count.replaceChildren(h("span", { class: "sr" }, "未讀 "), String(phone.unread));
  };
  const draw = (changed) => {
    const list = store.state.phones;
    for (const [id, phone] of phones) {
      if (list.some((one) => one.user_id === id)) continue;
      phone.remove();
      phones.delete(id);
    }
    changed.forEach((phone) => { show(phone); showChip(phone); });
    arrange(rail, list.map((phone) => phones.get(phone.user_id).node));
    arrange(switcher, list.map((phone) => chips.get(phone.user_id)));
    switcher.dataset.count = rail.dataset.count = String(list.length);
    const unread = countUnread(list);
    badge.hidden = !unread;
    badge.textContent = String(unread);
  };

  store.on(["state"], ({ phones: all }) => draw(all));
  store.on(["phone"], (phone) => draw([phone]));
  store.on(["clock"], () => {
    for (const phone of phones.values()) phone.chat.nameDays(dayOf(store.now()));
  });
  addButton.addEventListener("click", () => addPhone(store, goTo));
  watchVisible(rail, chips);
}

function chip(phone, go) {
  return h("button", { type: "button", class: "chip", "data-chip": phone.user_id, onclick: go },
    `${phone.name}`, h("small", {}, phone.role), h("span", { class: "badge", hidden: true }));
}

/** Mark the names whose phone can be seen. */
function watchVisible(rail, chips) {
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      chips.get(target.dataset.phone)?.setAttribute("aria-pressed", String(isIntersecting));
    }
  }, { root: rail, threshold: 0.6 });
  const observe = () => [...rail.children].forEach((node) => seen.observe(node));
  new MutationObserver(observe).observe(rail, { childList: true });
}

async function addPhone(store, goTo) {
  const answer = await ask({
    title: "再加一支手機",
    hint: "姓名請用編造的。新手機要先加好友，才收得到訊息。",
    submit: "加入手機",
    fields: [
      { name: "name", label: "姓名", maxlength: "20" },
      { name: "role", label: "身分", options: ROLES.map((role) => [role, role]) },
      { name: "device", label: "裝置", options: DEVICES },
    ],
  });
  const phone = answer && await post("/phone", answer);
  if (!phone) return;
  store.apply({ type: "phone", phone });
  goTo(phone.user_id);
}
