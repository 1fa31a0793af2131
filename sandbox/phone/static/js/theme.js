// A classic script in the head, so that a chosen theme is there before the first paint.
(() => {
  const KEY = "sandbox-theme";
  const root = document.documentElement;
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches);

  const stored = localStorage.getItem(KEY);
  if (stored === "dark" || stored === "light") root.dataset.theme = stored;

  function wire() {
    const button = document.querySelector("[data-theme-toggle]");
    const label = () => { button.textContent = isDark() ? "淺色" : "深色"; };
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      localStorage.setItem(KEY, root.dataset.theme);
      label();
    });
    systemDark.addEventListener("change", label);
    label();
  }
  document.addEventListener("DOMContentLoaded", wire);
})();
