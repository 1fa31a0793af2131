// On a class's page: words that were chosen and not sent outlive 復原, which is a form of its own.

const KEPT = "gate-words";
// As long as taking back may take; later words are no longer of the list somebody looks at.
const A_MINUTE = 60_000;

function bringBack({ at, words }) {
  if (Date.now() - at > A_MINUTE) return;
  words.forEach(([name, value]) => {
    const option = document.querySelector(`.answers input[name="${name}"][value="${value}"]`);
    if (option) option.checked = true;
  });
}

const kept = sessionStorage.getItem(KEPT);
sessionStorage.removeItem(KEPT);
if (kept) bringBack(JSON.parse(kept));

document.querySelector(".entered form")?.addEventListener("submit", () => {
  const chosen = [...document.querySelectorAll(".answers input:checked")];
  const words = chosen.map(({ name, value }) => [name, value]);
  sessionStorage.setItem(KEPT, JSON.stringify({ at: Date.now(), words }));
});
