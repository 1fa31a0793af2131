// A person's text messages, mail and app pushes, as lists over the phone's screen.

import { drawing, h } from "./dom.js";
import { Sheet } from "./sheet.js";
import { minuteOf } from "./taipei.js";

// Source: Mitake, state of a message: 4 is delivered to the phone.
const ARRIVED = "4";

const LOOK_MS = 1500;

/** Open the lists of a phone's owner; what comes meanwhile appears by itself. */
export async function openPost(screen, phone) {
  const list = h("div", { class: "post-list", tabindex: "0", role: "log", "aria-label": "簡訊、信箱和酷課 APP" });
  let shown = "";
  const look = async () => {
    const all = await fetchAll(phone);
    const key = JSON.stringify(all);
    if (key !== shown) show(list, phone, all);
    shown = key;
  };
  const looking = setInterval(look, LOOK_MS);
  new Sheet(screen, { label: `${phone.name}的簡訊、信箱和酷課 APP`, content: list, onclose: () => clearInterval(looking) });
  await look();
}

function fetchAll(phone) {
  return Promise.all([
    fetchRows(`/sms/messages?${new URLSearchParams({ to: phone.phone_number })}`),
    fetchRows(`/mail/messages?${new URLSearchParams({ to: phone.email })}`),
    fetchRows(`/app-push/inbox?${new URLSearchParams({ who: phone.name })}`),
  ]);
}

function show(list, phone, [texts, letters, pushes]) {
  list.replaceChildren(
    ...part("簡訊", phone.phone_number, texts?.filter((row) => row.state === ARRIVED), (row) => item(row.done_at, row.text)),
    ...part("信箱", phone.email, letters, (row) => item(row.at, row.subject, `/mail/${row.id}`)),
    ...part("酷課 APP", "", pushes, (row) => item(row.at, row.text)));
}

function part(name, address, rows, draw) {
  const none = h("p", { class: "post-none" }, rows ? "還沒有。" : "沙盒這一部分沒有回應。");
  return [
    h("h3", {}, drawing(name === "信箱" ? "icon-letter" : "icon-phone"), name, h("small", {}, address)),
    rows?.length ? h("ul", {}, rows.toReversed().map(draw)) : none,
  ];
}

function item(at, words, href) {
  return h("li", {}, h("time", {}, minuteOf(at)), href ? h("a", { href, target: "_blank", rel: "noopener" }, words) : h("span", {}, words));
}

async function fetchRows(path) {
  try {
    const answer = await fetch(path);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
