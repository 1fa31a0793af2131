// What LINE actions do when a person presses them on a phone.

import { post } from "./api.js";
import { pick } from "./picker.js";

/**
 * The act(action) of one phone.
 * surface is the phone: device, openLiff(url), note(text), fill(text), showMenu(open), choose(kind), at(place).
 */
export function actor(userId, surface) {
  const send = (path, body) => post(`/phone/${userId}/${path}`, body);
  const postback = (action, params) => send("postback", {
    data: action.data, display_text: action.displayText, params,
  });
  const run = {
    message: (action) => send("text", { text: action.text }),
    postback: (action) => pressPostback(action, postback, surface),
    richmenuswitch: (action) => postback(action, { newRichMenuAliasId: action.richMenuAliasId }),
    datetimepicker: (action) => pickThenSend(action, postback, surface),
    uri: (action) => open(userId, address(action, surface.device), surface),
    clipboard: (action) => copy(action.clipboardText, surface),
    camera: () => surface.choose("image"),
    cameraRoll: () => surface.choose("image"),
    location: () => surface.choose("location"),
  };
  return (action) => (run[action.type]
    ? run[action.type](action)
    : surface.note(`沙盒還不會「${action.type}」這個動作。`));
}

/** Open an address the way this phone would. */
export async function open(userId, url, surface) {
  const answer = await post(`/phone/${userId}/open`, { url });
  if (!answer) return;
  if (answer.mode === "liff") surface.openLiff(answer.url);
  else if (answer.mode === "tel") surface.note(`手機會撥打 ${answer.url.replace(/^tel:/, "")}。沙盒不會真的打電話。`);
  else window.open(answer.url, "_blank", "noopener");
}

function address(action, device) {
  return device === "desktop" ? action.altUri?.desktop ?? action.uri : action.uri;
}

function pressPostback(action, postback, surface) {
  const options = {
    openKeyboard: () => surface.fill(action.fillInText ?? ""),
    openRichMenu: () => surface.showMenu(true),
    closeRichMenu: () => surface.showMenu(false),
    openVoice: () => surface.choose("audio"),
  };
  options[action.inputOption]?.();
  // Older bots still send text instead of displayText; LINE shows both the same way.
  return postback({ ...action, displayText: action.displayText ?? action.text });
}

async function pickThenSend(action, postback, surface) {
  const value = await pick(action, surface.owner);
  if (value) await postback(action, { [action.mode]: value });
}

async function copy(text, surface) {
  try {
    await navigator.clipboard.writeText(text);
    surface.note(`已複製「${text}」。`);
  } catch {
    surface.note(`瀏覽器不讓網頁複製。請自己選取：${text}`);
  }
}
