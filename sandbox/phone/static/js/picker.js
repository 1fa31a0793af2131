// LINE's date and time pickers, as the browser's own.

import { ask } from "./dialog.js";

const TYPES = { date: "date", time: "time", datetime: "datetime-local" };
const WORDS = { date: "選日期", time: "選時間", datetime: "選日期和時間" };

/** Let a person pick; the value as LINE sends it, null when they cancel. */
export async function pick({ label, mode, initial, min, max }, owner) {
  const answer = await ask({
    title: label || WORDS[mode],
    hint: `${owner}的手機${limits(min, max)}`,
    submit: "送出",
    fields: [{
      name: "value", label: WORDS[mode], type: TYPES[mode],
      value: local(initial), min: local(min), max: local(max),
    }],
  });
  return answer?.value ?? null;
}

/** LINE takes 2026-11-23t07:00 as well as …T07:00; browsers only the latter. */
function local(value) {
  return value?.replace("t", "T");
}

function limits(min, max) {
  const shown = (value) => local(value).replace("T", " ");
  if (min && max) return `，可以選 ${shown(min)} 到 ${shown(max)}`;
  if (min) return `，最早 ${shown(min)}`;
  return max ? `，最晚 ${shown(max)}` : "";
}
