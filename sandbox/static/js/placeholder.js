// Stand-ins for what the sandbox does not draw: it fetches nothing from outside.

import { h } from "./dom.js";
import { length } from "./flexvalue.js";

const WORDS = {
  sticker: (message) => `貼圖 ${message.packageId}／${message.stickerId}`,
  image: () => "圖片",
  video: () => "影片",
  audio: () => "語音訊息",
  file: (message) => `檔案 ${message.fileName ?? ""}`,
  location: (message) => `位置：${message.title ?? ""} ${message.address ?? ""}`,
  imagemap: (message) => `圖片選單：${message.altText ?? ""}`,
};

/** Name a message the sandbox does not draw. */
export function placeholder(message) {
  const words = WORDS[message.type]?.(message) ?? `沙盒還不會顯示「${message.type}」訊息`;
  return h("div", { class: "placeholder" }, words);
}

/** An image of our own origin, or an honest empty frame of its shape. */
export function picture(spec) {
  const address = spec.url ?? spec.previewUrl ?? "";
  const own = address.startsWith(`${location.origin}/`) || address.startsWith("data:image/");
  const node = own
    ? h("img", { class: "fx-image", src: address, alt: spec.altText ?? "" })
    : h("div", { class: "fx-image fx-image-absent" }, "圖片");
  node.style.aspectRatio = (spec.aspectRatio ?? "1:1").replace(":", " / ");
  if (/(px|%)$/.test(spec.size ?? "")) node.style.width = length(spec.size);
  return node;
}
