// Where a newcomer stands in the four steps, worked out from what the phones show.

import { dayOf, minuteOf } from "./taipei.js";

export const STEPS = ["加好友", "登入綁定", "勾選通知", "刷卡看看"];

const GATE_NEWS = /\d{2}:\d{2}\s*(?:再次)?(?:到校|離校)/;
const DEPARTED = /\d{2}:\d{2}\s*離校/;
const NO_TAP = /尚無刷卡紀錄/;
const LINKED = /已連結台北通/;
const BOUND = /已完成.*綁定|綁定(?:好了|完成|成功)|已勾選/;
const COMPOUND_SURNAMES = ["歐陽", "張簡", "司馬", "諸葛", "范姜", "上官"];

/** {done: [4 booleans], step: 0–4, sentence, target}; target names what to press: phone, gate or null. */
export function progress(state) {
  const told = accountWords(state);
  const friend = state.phones.some((phone) => phone.friend);
  // Desktop LINE has no menu, and blocking the account takes it away; what was told stays.
  const bound = told.some((words) => BOUND.test(words));
  const linked = bound || state.phones.some(hasParentMenu);
  const news = told.some((words) => GATE_NEWS.test(words));
  const done = [friend, linked, bound, news && bound];
  const step = done.indexOf(false) < 0 ? STEPS.length : done.indexOf(false);
  return { done, step, ...advice(step, state, told) };
}

/** Children named in what the account told about bindings and taps, in the panel's order. */
export function knownChildren(state) {
  const told = accountWords(state).filter((words) => BOUND.test(words) || GATE_NEWS.test(words) || NO_TAP.test(words)).join("\n");
  return state.gate.children.filter((child) => told.includes(givenName(child.name)));
}

/** The child whose tap moves the story on. */
export function nextChild(state) {
  const known = knownChildren(state);
  const pool = known.length ? known : state.gate.children.slice(0, 1);
  const today = dayOf(state.now);
  return pool.find((child) => !tappedOn(child, today)) ?? pool[0];
}

/** Tell whether the child's last tap is of this Taipei day. */
export function tappedOn(child, day) {
  return Boolean(child.last) && dayOf(child.last.at) === day;
}

/** 王小明 → 小明; two-character names stay whole. */
function givenName(name) {
  if (name.length <= 2) return name;
  return name.slice(COMPOUND_SURNAMES.some((surname) => name.startsWith(surname)) ? 2 : 1);
}

function advice(step, state, told) {
  const person = state.phones.find((phone) => phone.device === "phone") ?? state.phones[0];
  const name = givenName(nextChild(state)?.name ?? "孩子");
  return [
    { target: "phone", sentence: `在${person?.name ?? "任一支"}的手機按「加入好友」。` },
    { target: "phone", sentence: told.some((words) => LINKED.test(words))
      ? `照「校門」裡${state.gate.children[0]?.name ?? "孩子"}的資料填寫，再按「核對並綁定」。`
      : "按「開始設定」登入台北通，再填孩子的資料。" },
    { target: "phone", sentence: "在網頁勾選想收的通知，再按「確認」。" },
    { target: "gate", sentence: `替${name}按「刷卡」。幾秒內，綁定的家長手機就會收到。` },
    afterwards(state, told, name),
  ][step];
}

function afterwards(state, told, name) {
  if (!told.some((words) => DEPARTED.test(words))) {
    const late = minuteOf(state.now) >= "16:00";
    return { target: "gate", sentence: late ? `再替${name}刷一次卡，看離校通知。` : `完成了。再跳到 16:00，替${name}刷卡看離校。` };
  }
  if (!told.some((words) => NO_TAP.test(words))) {
    return { target: "gate", sentence: "再看沒刷卡的早晨：先跳到下一個 07:20，不刷卡，再跳到截止後。" };
  }
  return { target: "gate", sentence: "可以自由玩了：把刷卡機關掉，或打開最下面的「學校人員」，用學校的身分試試。" };
}

/** A parent menu offers 今天; the menu of a stranger only offers to begin. */
function hasParentMenu(phone) {
  return (phone.rich_menu?.areas ?? []).some(({ action }) => [action.label, action.text, action.displayText].includes("今天"));
}

function accountWords(state) {
  return state.phones.flatMap((phone) => phone.messages)
    .filter((entry) => entry.from === "account")
    .map(({ message }) => message.altText ?? message.text ?? "");
}
