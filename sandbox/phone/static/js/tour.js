// The four steps in the top bar and the next thing to do in one sentence.

import { drawing, h } from "./dom.js";
import { progress, STEPS } from "./story.js";

const STATE_WORDS = { done: "完成", current: "現在", todo: "還沒" };

/** Keep the tour and the sentence true to the store; goTo(target) leads to the thing to press. */
export function mountTour(store, { tour, next, goTo }) {
  let shown = "";
  store.on(["state", "phone", "gate", "log", "clock"], () => {
    const now = progress({ ...store.state, now: store.now() });
    const key = JSON.stringify(now);
    if (key === shown) return;
    shown = key;
    document.body.dataset.step = String(now.step + 1);
    tour.replaceChildren(...STEPS.map((name, i) => stepItem(name, i, now)));
    next.replaceChildren(...sentence(now, goTo));
  });
}

function stepItem(name, i, { done, step }) {
  const state = done[i] ? "done" : i === step ? "current" : "todo";
  return h("li", { "data-state": state, "aria-current": state === "current" ? "step" : null },
    h("span", { class: "step-mark" }, state === "done" ? drawing("mark-arrived", "mark") : String(i + 1)),
    h("span", { class: "step-name" }, name),
    h("span", { class: "sr" }, STATE_WORDS[state]));
}

function sentence({ step, sentence: words, target }, goTo) {
  const number = step < STEPS.length ? h("b", {}, `第 ${step + 1} 步：`) : null;
  return [
    drawing("icon-info", "icon next-icon"),
    h("p", { role: "status" }, number ?? "", words),
    h("button", { type: "button", class: "text-button next-go", onclick: () => goTo(target) }, "帶我去"),
  ];
}
