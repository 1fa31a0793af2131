// Puts the sandbox page together.

import { mountGate } from "./gate.js";
import { follow } from "./live.js";
import { mountLog } from "./log.js";
import { mountRail } from "./rail.js";
import { Store } from "./store.js";
import { mountTabs } from "./tabs.js";
import { mountTour } from "./tour.js";

const part = (name) => document.querySelector(`[data-${name}]`);
const store = new Store();
const showTab = mountTabs(part("tabs"));

mountRail(store, { rail: part("rail"), switcher: part("switcher"), addButton: part("add-phone"), badge: part("tab-badge") });
const gate = mountGate(store, part("gate"));
mountLog(store, part("log"));
mountTour(store, { tour: part("tour"), next: part("next"), goTo });
follow(store);

function goTo(target) {
  showTab(target === "gate" ? "gate" : "phones");
  if (target === "gate") gate.focusNext();
  else focusPhone();
}

function focusPhone() {
  const targets = store.state.phones.some((phone) => phone.friend)
    ? [".sheet-frame", ".rich-menu button", ".typing-input"]
    : ["[data-follow]"];
  const target = targets.map((name) => document.querySelector(name)).find(Boolean);
  target?.closest(".phone").scrollIntoView({ block: "nearest", inline: "start" });
  target?.focus({ preventScroll: true });
}
