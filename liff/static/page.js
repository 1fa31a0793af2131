// On every page: LIFF wants its init, a form is sent once, an error summary is read out first, what
// was typed outlives a session or a network that ended, going back never sends anything again.

const sdk = document.querySelector("[data-liff-sdk]");
// Signed in: the start page may count its tries anew.
sessionStorage.removeItem("gate-tries");

function init() {
  // The page is whole without LINE's SDK, so a failure here changes nothing.
  liff.init({ liffId: sdk.dataset.liffId }).catch(() => {});
}

if (window.liff) init();
else sdk.addEventListener("load", init);

// A page that answers a form has the form's own address from here on, so going back to it fetches
// the form instead of asking whether to send it once more.
const FORM_AT = "gate-form-at";
const formAt = sessionStorage.getItem(FORM_AT);
if ("answer" in document.documentElement.dataset && formAt) history.replaceState(null, "", formAt);

// Ending a link gives LINE's permission back, which takes the user's own token. LINE's script may
// be missing; the link ends all the same.
function addToken(form) {
  const field = form.elements.namedItem("access_token");
  if (field && window.liff) field.value = liff.getAccessToken() ?? "";
}

// Kept in this tab alone, for as long as a session may lie idle; the identity number never is.
const TYPED = "gate-typed";
const HALF_AN_HOUR = 1_800_000;
const UNTYPED = ["hidden", "submit", "button", "file"];

function partsOf(form) {
  const isTyped = ({ name, type }) => name && name !== "national_id" && !UNTYPED.includes(type);
  return [...form.elements].filter(isTyped);
}

function keepTyped(form) {
  const fields = partsOf(form).map(({ name, value, checked }) => [name, value, checked]);
  const place = [...document.forms].indexOf(form);
  const hasNumber = Boolean(form.elements.namedItem("national_id"));
  const kept = { path: location.pathname, at: Date.now(), place, hasNumber, fields };
  if (fields.length) sessionStorage.setItem(TYPED, JSON.stringify(kept));
}

// A page that answers a form itself, or where its answer led.
function isAnswer() {
  const [visit] = performance.getEntriesByType("navigation");
  return "answer" in document.documentElement.dataset || visit?.redirectCount !== 0;
}

// Until a form is answered, what was typed waits for it: a session may end, or the network.
function bringBack() {
  const kept = JSON.parse(sessionStorage.getItem(TYPED));
  const promises = document.querySelectorAll("[data-kept]");
  if (kept && promises.length) {
    promises.forEach((one) => (one.hidden = (one.dataset.kept === "but-number") !== kept.hasNumber));
    return;
  }
  const isOver = !kept || isAnswer() || Date.now() - kept.at > HALF_AN_HOUR;
  if (!isOver && kept.path !== location.pathname) return;
  sessionStorage.removeItem(TYPED);
  const form = isOver ? null : document.forms[kept.place];
  if (form) fillIn(form, kept.fields);
}

function fillIn(form, fields) {
  partsOf(form).forEach((part, place) => {
    const [name, value, checked] = fields[place] ?? [];
    if (name !== part.name) return;
    if (["checkbox", "radio"].includes(part.type)) part.checked = checked;
    else part.value = value;
    part.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

// Last of all, when the scripts of single pages stand ready.
addEventListener("DOMContentLoaded", bringBack);

document.addEventListener("submit", (event) => {
  if ("liffToken" in event.target.dataset) addToken(event.target);
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
  if (event.target.method !== "post") return;
  sessionStorage.setItem(FORM_AT, location.href);
  keepTyped(event.target);
});
// Coming back by the browser's back button shows the page as it was left.
addEventListener("pageshow", () => {
  document.querySelectorAll("form").forEach((form) => delete form.dataset.sent);
});
document.querySelectorAll("[data-copy]").forEach((button) => {
  // Shown only where it works: some browsers inside apps lend no clipboard.
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
  });
});
document.querySelector("[data-focus]")?.focus();
