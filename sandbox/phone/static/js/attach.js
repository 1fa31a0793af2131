// The plus sign of a phone: files, pictures, voices, stickers and places.

import { post, postFile } from "./api.js";
import { ask } from "./dialog.js";
import { drawing, h } from "./dom.js";

const ACCEPTS = {
  file: "", image: "image/*", video: "video/*", audio: "audio/*",
};
const OWN_FILES = [["file", "檔案"], ["image", "照片"], ["video", "影片"], ["audio", "語音"]];
const SAMPLES = [["roster", "示範名冊"], ["photo", "示範照片"], ["voice", "示範語音"]];
// Source: LINE Developers, List of available stickers, package 11537.
const STICKERS = [["52002734", "OK"], ["52002735", "謝謝"], ["52002739", "加油"], ["52002741", "晚安"]];
const PACKAGE = "11537";
const PLACE = { title: "榕光國小", address: "臺北市中正區示範路 1 號", latitude: 25.0375, longitude: 121.5637 };

export class Attach {
  constructor(owner, userId) {
    this.owner = owner;
    this.path = `/phone/${userId}`;
    this.inputs = Object.fromEntries(OWN_FILES.map(([kind, word]) => [kind, this.#input(kind, word)]));
    this.panel = h("div", { class: "attach-panel", role: "group", "aria-label": `${owner}可以傳的東西`, hidden: true },
      OWN_FILES.map(([kind, word]) => this.#button(word, () => this.choose(kind))),
      this.#button("貼圖", () => this.choose("sticker")), this.#button("位置", () => this.choose("location")),
      SAMPLES.map(([what, word]) => this.#button(word, () => post(`${this.path}/sample/${what}`))),
      Object.values(this.inputs));
    this.panel.addEventListener("keydown", (event) => { if (event.key === "Escape") this.open(false); });
    this.toggle = h("button", { type: "button", class: "icon-button attach-toggle", "aria-label": "傳檔案、照片或貼圖", "aria-expanded": "false", onclick: () => this.open(this.panel.hidden) },
      drawing("icon-plus"));
  }

  /** Show or hide what can be sent. */
  open(shown) {
    const held = this.panel.contains(document.activeElement);
    this.panel.hidden = !shown;
    this.toggle.setAttribute("aria-expanded", String(shown));
    if (!shown && held) this.toggle.focus();
  }

  /** Begin with one kind, as the plus sign or a quick reply does. */
  choose(kind) {
    if (kind === "sticker") return this.#sticker();
    if (kind === "location") return this.#place();
    return this.inputs[kind].click();
  }

  #button(word, send) {
    return h("button", { type: "button", class: "attach-item", onclick: () => { this.open(false); send(); } }, word);
  }

  #input(kind, word) {
    const input = h("input", { type: "file", hidden: true, accept: ACCEPTS[kind], "data-attach": kind, "aria-label": `${this.owner}要傳的${word}` });
    input.addEventListener("change", async () => {
      for (const file of input.files) await postFile(`${this.path}/attachment`, { kind, name: file.name }, file);
      input.value = "";
    });
    return input;
  }

  async #sticker() {
    const answer = await ask({
      title: "傳貼圖", hint: `${this.owner}的手機。沙盒不畫貼圖，只寫出它的意思。`, submit: "傳送",
      fields: [{ name: "sticker", label: "貼圖", options: STICKERS }],
    });
    const word = STICKERS.find(([id]) => id === answer?.sticker)?.[1];
    if (word) await post(`${this.path}/sticker`, { package_id: PACKAGE, sticker_id: answer.sticker, keywords: [word] });
  }

  async #place() {
    const answer = await ask({
      title: "傳位置", hint: `${this.owner}的手機。地點請用編造的。`, submit: "傳送",
      fields: [
        { name: "title", label: "名稱", value: PLACE.title, maxlength: "100" },
        { name: "address", label: "地址", value: PLACE.address, maxlength: "100" },
      ],
    });
    if (answer) await post(`${this.path}/location`, { ...PLACE, ...answer });
  }
}
