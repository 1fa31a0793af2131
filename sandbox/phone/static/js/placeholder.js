// Stand-ins for what the sandbox does not draw: it fetches nothing from outside.

import { h } from "./dom.js";
import { length } from "./flexvalue.js";

const WORDS = {
  sticker: (message) => `貼圖${message.keywords?.length ? `「${message.keywords[0]}」` : ` ${message.packageId}／${message.stickerId}`}`,
  image: () => "圖片",
  video: () => "影片",
  audio: () => "語音訊息",
  file: (message) => `檔案 ${message.fileName ?? ""}`,
  location: (message) => `位置：${message.title ?? ""} ${message.address ?? ""}`,
  imagemap: (message) => `圖片選單：${message.altText ?? ""}`,
};

/** What is said of a message in words. */
export function naming(message) {
  return WORDS[message.type]?.(message) ?? `沙盒還不會顯示「${message.type}」訊息`;
}

/** Name a message the sandbox does not draw. */
export function placeholder(message) {
  return h("div", { class: "placeholder" }, naming(message));
}

/** Tell whether a picture may be loaded: only from our own origin, or when it is in the message itself. */
export function isOwn(address = "") {
  return address.startsWith(`${location.origin}/`) || address.startsWith("data:image/");
}

/** An image of our own origin, or an honest empty frame of its shape. */
export function picture(spec) {
  const address = spec.url ?? spec.previewUrl ?? "";
  const node = isOwn(address)
    ? h("img", { class: "fx-image", src: address, alt: spec.altText ?? "" })
    : h("div", { class: "fx-image fx-image-absent" }, spec.type === "video" ? "▶ 影片" : "圖片");
  node.style.aspectRatio = (spec.aspectRatio ?? "1:1").replace(":", " / ");
  if (spec.aspectMode === "fit") node.style.objectFit = "contain";
  if (spec.backgroundColor) node.style.backgroundColor = spec.backgroundColor;
  if (/(px|%)$/.test(spec.size ?? "")) node.style.width = length(spec.size);
  return node;
}
