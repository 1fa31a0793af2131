// Prove the LINE user, exchange the ID token once for our own session, go on to the wanted page.

const page = document.querySelector("[data-start]");
const sdk = document.querySelector("[data-liff-sdk]");
const form = page.querySelector("form");
const TRIES = "gate-tries";
const MANY = 3;
const A_WHILE = 60_000;
const PATIENCE = 8_000;
// What the server says, and what the person is told; for anything else a new token is needed.
const SAID = { unavailable: "unavailable", busy: "busy", failed: "failed", stale: "stale" };
let isTold = false;

function ownPath(path) {
  return /^\/liff\/(?:[\w/-]|%[89A-F][0-9A-F])*(\?[\w=&%.+~-]*)?$/.test(path) ? path : "/liff/home";
}

function wantedPath() {
  const state = new URLSearchParams(location.search).get("liff.state");
  return state ? ownPath(`/liff${state.startsWith("/") ? "" : "/"}${state}`) : page.dataset.next;
}

// Sign-in that succeeds without the cookie being kept would otherwise go round for ever.
function countTry() {
  const now = Date.now();
  const recent = JSON.parse(sessionStorage.getItem(TRIES) ?? "[]").filter((at) => now - at < A_WHILE);
  sessionStorage.setItem(TRIES, JSON.stringify([...recent, now]));
  return recent.length;
}

function tell(name) {
  if (isTold) return;
  isTold = true;
  page.querySelectorAll("[data-say]").forEach((part) => {
    part.hidden = part.dataset.say !== name;
    if (!part.hidden) document.title = part.querySelector("h1").textContent;
  });
  const later = page.querySelector(".later");
  const isOver = name === "closed" || name === "stale";
  later.classList.add("now");
  later.hidden = isOver;
  page.querySelector("[data-close]").hidden = !(isOver && window.liff?.isInClient());
  page.querySelector("[data-pass]")?.toggleAttribute("hidden", name !== "stale");
}

function sdkLoaded() {
  return new Promise((loaded, failed) => {
    if (window.liff) return loaded();
    sdk.addEventListener("load", loaded);
    sdk.addEventListener("error", failed);
  });
}

async function exchange(idToken) {
  const body = new FormData(form);
  body.set("id_token", idToken);
  body.set("language", liff.getAppLanguage?.() ?? "");
  const answer = await fetch(form.action, { method: "POST", body });
  if (answer.status === 204) return "";
  const { error } = await answer.json().catch(() => ({}));
  return error ?? "failed";
}

async function start() {
  await sdkLoaded();
  await liff.init({ liffId: sdk.dataset.liffId });
  if (!liff.isLoggedIn()) return liff.login({ redirectUri: location.href });
  const tries = countTry();
  if (tries >= MANY) return tell("closed");
  const error = await exchange(liff.getIDToken());
  if (!error) return location.replace(wantedPath());
  // The SDK hands out one token for its hour, run out or used elsewhere; outside LINE a new one can
  // be had at once.
  const isSpent = !(error in SAID) || error === "stale";
  if (isSpent && !liff.isInClient() && tries === 0) {
    liff.logout();
    return liff.login({ redirectUri: location.href });
  }
  return tell(SAID[error] ?? "closed");
}

page.querySelector("[data-close]").addEventListener("click", () => liff.closeWindow());
start().catch(() => tell("failed"));
// A script that never answers raises nothing.
setTimeout(() => tell("failed"), PATIENCE);
