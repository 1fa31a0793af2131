// What a screen reader is told of news on any phone, and the count in the page's title.

import { h } from "./dom.js";
import { summary } from "./message.js";

const NAME = document.title;
const KEPT = 5;

/** Say what has come to a phone: who, what, and whether it rang. */
export function announce(phone, fresh) {
  const region = document.querySelector("[data-announce]");
  for (const entry of fresh.filter((one) => one.from === "account")) {
    region.append(h("p", {}, `${phone.name}收到：${summary(entry.message)}${manner(entry)}`));
  }
  while (region.children.length > KEPT) region.firstElementChild.remove();
}

/** Show in the browser's tab how much is unread. */
export function countUnread(phones) {
  const unread = phones.reduce((sum, phone) => sum + phone.unread, 0);
  document.title = unread ? `（${unread}）${NAME}` : NAME;
  return unread;
}

function manner(entry) {
  if (entry.kind === "reply") return "";
  return entry.silent ? "（靜音）" : "（響鈴）";
}
