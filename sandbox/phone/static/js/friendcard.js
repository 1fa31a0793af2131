// What a person sees who has not added the account yet.

import { drawing, h } from "./dom.js";

/** The account's card on somebody's phone, with its one button. */
export function friendCard(owner, accountName, follow) {
  return h("div", { class: "friend-card" },
    drawing("emblem", "friend-emblem"),
    h("p", { class: "friend-name" }, accountName),
    h("p", { class: "friend-kind" }, "官方帳號"),
    h("p", { class: "friend-words" }, "孩子在校門刷數位學生證，這裡就會告訴您到校、離校。"),
    h("button", { type: "button", class: "button primary", "data-follow": true, "aria-label": `加入好友（${owner}的手機）`, onclick: follow }, "加入好友"));
}
