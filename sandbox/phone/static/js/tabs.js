// On a narrow screen one part shows at a time.

/** Wire the tabs; returns show(name). */
export function mountTabs(nav) {
  const show = (name) => {
    document.body.dataset.tab = name;
    for (const button of nav.querySelectorAll("[data-tab-to]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tabTo === name));
    }
  };
  nav.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tab-to]");
    if (!button) return;
    show(button.dataset.tabTo);
    scrollTo(0, 0);
  });
  // The address may name one: /gate leads to #gate.
  const named = [...nav.querySelectorAll("[data-tab-to]")].map((button) => button.dataset.tabTo);
  if (named.includes(location.hash.slice(1))) show(location.hash.slice(1));
  return show;
}
