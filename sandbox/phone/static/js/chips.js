// Time and faults as chips: what a newcomer can bend to see the service hold.

import { post } from "./api.js";
import { ask } from "./dialog.js";
import { h } from "./dom.js";
import { dayAfter, dayOf, instant, minuteOf, secondOf, weekdayOf } from "./taipei.js";

const AFTER_CUTOFF = "08:31";
const AFTER_SCHOOL = "16:00";
const MORNING_START = "07:20";
const RIGHT = { fault: "right" };
const SLOW = { fault: "offset", seconds: -40 };
const FRIDAY = 5;
const SATURDAY = 6;
const FAULTS = [
  { label: "LINE 忙線 429", fault: { endpoint: "push", status: 429, count: 5 } },
  { label: "LINE 500", fault: { endpoint: "push", status: 500, count: 5 } },
];

/** Build the chips; reader() is the chosen reader. Returns draw(), to be called when anything changed. */
export function mountChips(store, node, reader) {
  const time = timeChips(store);
  const offline = chip("刷卡機離線", () => setReader(reader(), { online: !reader().online }));
  const slow = chip("時鐘慢 40 秒", () => setReader(reader(), { clock: isSlow(reader()) ? RIGHT : SLOW }));
  const faults = FAULTS.map(({ label, fault }) => chip(label, () => toggleFault(store, fault)));

  const draw = () => {
    const current = reader();
    time.draw();
    setActive(offline, current && !current.online);
    setActive(slow, current && isSlow(current));
    faults.forEach((button, i) => drawFault(button, FAULTS[i], store.state.faults));
  };
  node.append(group("時間", time.chips), group("狀況", [offline, slow, ...faults]));
  setInterval(() => { if (store.state) time.draw(); }, 1000);
  return draw;
}

function timeChips(store) {
  const jump = (to) => post("/clock", { now: to });
  const today = () => dayOf(store.now());
  const clock = chip("", () => setClock(store, jump), "chip clock-chip");
  const cutoff = chip(`跳到截止後 ${AFTER_CUTOFF}`, () => jump(instant(today(), AFTER_CUTOFF)));
  const evening = chip(`跳到 ${AFTER_SCHOOL}`, () => jump(instant(today(), AFTER_SCHOOL)));
  const tomorrow = chip("", () => jump(instant(nextDay(today()).day, MORNING_START)));
  const draw = () => {
    const now = store.now();
    clock.textContent = secondOf(now);
    clock.setAttribute("aria-label", `沙盒時間 ${minuteOf(now)}，按一下可以改`);
    passed(cutoff, minuteOf(now) >= AFTER_CUTOFF);
    passed(evening, minuteOf(now) >= AFTER_SCHOOL);
    tomorrow.textContent = `${nextDay(dayOf(now)).name} ${MORNING_START}`;
  };
  return { chips: [clock, cutoff, evening, tomorrow], draw };
}

/** The next day with school, by weekday alone. */
function nextDay(today) {
  const weekday = weekdayOf(today);
  if (weekday === FRIDAY) return { day: dayAfter(today, 3), name: "下週一" };
  if (weekday === SATURDAY) return { day: dayAfter(today, 2), name: "下週一" };
  return { day: dayAfter(today), name: "明天" };
}

async function setClock(store, jump) {
  const now = store.now();
  const answer = await ask({
    title: "沙盒現在幾點",
    hint: "整個服務都會跟著這個時間走。",
    submit: "改成這個時間",
    fields: [{ name: "at", label: "日期和時間", type: "datetime-local", step: "1", value: `${dayOf(now)}T${secondOf(now)}` }],
  });
  if (!answer) return;
  const [day, time] = answer.at.split("T");
  await jump(instant(day, time));
}

function isSlow({ clock }) {
  return clock.fault === SLOW.fault && clock.seconds === SLOW.seconds;
}

function setReader({ reader_id }, changes) {
  return post("/gate/panel/reader", { reader_id, ...changes });
}

function toggleFault(store, fault) {
  const others = store.state.faults.filter((one) => !sameFault(one, fault));
  const on = others.length === store.state.faults.length;
  return post("/faults", on ? [...others, fault] : others);
}

function drawFault(button, { label, fault }, faults) {
  const active = faults.find((one) => sameFault(one, fault));
  setActive(button, Boolean(active));
  button.textContent = active?.count ? `${label}・剩 ${active.count} 次` : label;
}

function sameFault(one, other) {
  return one.endpoint === other.endpoint && one.status === other.status;
}

function passed(button, isPast) {
  button.disabled = isPast;
  button.title = isPast ? "今天已經過了這個時間，可以先跳到明天" : "";
}

function setActive(button, active) {
  button.setAttribute("aria-pressed", String(Boolean(active)));
}

function chip(label, onclick, className = "chip") {
  return h("button", { type: "button", class: className, onclick }, label);
}

/** A named row of the panel's foot. */
export function group(name, chips) {
  return h("div", { class: "chip-group", role: "group", "aria-label": name }, h("b", {}, name), chips);
}
