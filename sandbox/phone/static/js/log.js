// 每個人真正看到的: what reached whom, newest first.

import { drawing, h } from "./dom.js";
import { secondOf } from "./taipei.js";

const MAX_ROWS = 200;
const FRESH_MS = 2000;
const COLUMNS = ["時間", "誰", "看到什麼", "提醒", "平台回應"];
const ALERTS = { ring: "響鈴", silent: "靜音", none: "–" };

/** Build the log and keep it true to the store. */
export function mountLog(store, node) {
  const body = h("div", { class: "log-body", role: "rowgroup" });
  const empty = h("p", { class: "log-empty" }, "還沒有紀錄。加好友、傳訊息或刷卡之後，這裡會一筆一筆列出來。");
  node.append(head(), table(body), empty);

  store.on(["state"], ({ log }) => {
    body.replaceChildren(...log.slice(0, MAX_ROWS).map(logRow));
    empty.hidden = log.length > 0;
  });
  store.on(["log"], (row) => {
    const line = logRow(row);
    line.classList.add("fresh");
    setTimeout(() => line.classList.remove("fresh"), FRESH_MS);
    body.prepend(line);
    while (body.children.length > MAX_ROWS) body.lastElementChild.remove();
    empty.hidden = true;
  });
}

function head() {
  return h("header", { class: "card-head" },
    h("h2", { id: "log-title" }, drawing("icon-eye"), "每個人真正看到的"),
    h("a", { class: "text-button", href: "/inspect/messages", target: "_blank", rel: "noopener" }, "匯出"));
}

// Roles are spelled out because narrow screens lay the rows out as grids.
function table(body) {
  return h("div", { class: "log-scroll", tabindex: "0", role: "region", "aria-labelledby": "log-title" },
    h("div", { class: "log-table", role: "table", "aria-labelledby": "log-title" },
      h("div", { class: "log-row log-head", role: "row" }, COLUMNS.map((name) => h("span", { role: "columnheader" }, name))),
      body));
}

function logRow(row) {
  const cell = (name, words) => h("span", { role: "cell", class: `log-${name}` }, words);
  return h("div", { class: "log-row", role: "row", "data-kind": row.kind, "data-alert": row.alert },
    cell("at", secondOf(row.at)), cell("who", row.who), cell("what", row.what),
    cell("alert", ALERTS[row.alert] ?? row.alert), cell("answer", row.answer ?? ""));
}
