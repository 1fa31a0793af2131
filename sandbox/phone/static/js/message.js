// One LINE message object as an element.

import { container } from "./bubble.js";
import { h } from "./dom.js";
import { mediaNode } from "./media.js";
import { naming } from "./placeholder.js";
import { asFlex } from "./template.js";

const ADDRESS = /https?:\/\/[^\s<>"，。、；）」』】]+/g;
const EMOJI_STAND_IN = "〔表情〕";

/** Draw the message of a chat row; act(action) runs what is pressed in it. */
export function messageNode(entry, act) {
  const draw = { text: textBubble, textV2: textBubble, flex, template }[entry.message.type];
  return draw ? draw(entry.message, act) : mediaNode(entry, act);
}

/** What a lock screen or a screen reader says of a message. */
export function summary(message) {
  return message.altText ?? message.text ?? naming(message);
}

function flex(message, act) {
  return container(message.contents, act);
}

function template(message, act) {
  return container(asFlex(message.template), act);
}

function textBubble(message, act) {
  return h("div", { class: "bubble" }, linked(plain(message), act));
}

/** The text with emoji and substitutions named; LINE draws those as pictures. */
function plain(message) {
  const text = message.text ?? "";
  if (message.type === "textV2") {
    return text.replace(/\{\{|\}\}|\{\w{1,20}\}/g, (part) => ({ "{{": "{", "}}": "}" })[part] ?? EMOJI_STAND_IN);
  }
  const places = new Set((message.emojis ?? []).map((emoji) => emoji.index));
  return text.split("").map((unit, i) => (places.has(i) ? EMOJI_STAND_IN : unit)).join("");
}

function linked(text, act) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    nodes.push(text.slice(end, match.index), link(match[0], act));
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}

function link(uri, act) {
  const follow = (event) => { event.preventDefault(); act({ type: "uri", uri }); };
  return h("a", { href: uri, rel: "noopener noreferrer", onclick: follow }, uri);
}
