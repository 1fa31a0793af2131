// Pictures, voices, films, files, places and stickers in a chat; nothing is fetched from outside.

import { h } from "./dom.js";
import { isOwn, placeholder } from "./placeholder.js";
import { onPress } from "./pressable.js";

const KILO = 1024;

/** Draw what is no text and no Flex; entry is the chat row, act(action) runs imagemap areas. */
export function mediaNode(entry, act) {
  const draw = { image, video, audio, file, location, imagemap }[entry.message.type];
  return draw?.(entry, act) ?? placeholder(entry.message);
}

function image({ message, id, from }) {
  const address = from === "person" ? sent(id) : message.previewImageUrl ?? message.originalContentUrl;
  return isOwn(address) ? h("img", { class: "media-image", src: address, alt: "照片" }) : frame("圖片", "4 / 3");
}

function video({ message, id, from }) {
  const address = from === "person" ? sent(id) : message.originalContentUrl;
  if (!isOwn(address)) return frame("▶ 影片", "16 / 9");
  return h("video", { class: "media-image", src: address, controls: true, preload: "metadata", "aria-label": "影片" });
}

function audio({ message, id, from }) {
  const address = from === "person" ? sent(id) : message.originalContentUrl;
  const words = `語音 ${length(message.duration)}`;
  if (!isOwn(address)) return h("div", { class: "placeholder" }, words);
  return h("div", { class: "bubble media-voice" }, words, h("audio", { src: address, controls: true, preload: "none", "aria-label": words }));
}

function file({ message, id, from }) {
  const words = [h("b", {}, message.fileName), h("small", {}, size(message.fileSize))];
  if (from !== "person") return h("div", { class: "bubble media-file" }, words);
  return h("a", { class: "bubble media-file", href: sent(id), download: message.fileName }, words);
}

function location({ message }) {
  return h("div", { class: "bubble media-file" }, h("b", {}, message.title), h("small", {}, message.address));
}

/** The base picture with a real button over every area. */
function imagemap({ message }, act) {
  const { width, height } = message.baseSize;
  const address = `${message.baseUrl}/1040`;
  const node = isOwn(address) ? h("div", { class: "imagemap" }, h("img", { src: address, alt: "" })) : frame("", `${width} / ${height}`);
  node.classList.add("imagemap");
  node.append(...(message.actions ?? []).map((one) => area(one, message.baseSize, act)));
  return node;
}

function area(action, base, act) {
  const { x, y, width, height } = action.area;
  const name = action.label ?? action.text ?? action.linkUri ?? "開啟";
  const button = h("button", { type: "button", class: "imagemap-area" }, h("span", {}, name));
  onPress(button, () => act(action.type === "uri" ? { type: "uri", uri: action.linkUri } : action));
  const percent = (part, whole) => `${(part / whole) * 100}%`;
  Object.assign(button.style, {
    left: percent(x, base.width), top: percent(y, base.height),
    width: percent(width, base.width), height: percent(height, base.height),
  });
  return button;
}

function frame(words, ratio) {
  const node = h("div", { class: "media-absent" }, h("span", {}, words));
  node.style.aspectRatio = ratio;
  return node;
}

function sent(id) {
  return `${window.location.origin}/phone/content/${id}`;
}

function length(milliseconds = 0) {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function size(bytes = 0) {
  if (bytes < KILO) return `${bytes} B`;
  return bytes < KILO * KILO ? `${Math.round(bytes / KILO)} KB` : `${(bytes / KILO / KILO).toFixed(1)} MB`;
}
