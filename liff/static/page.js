// On every page: LIFF wants its init, a form is sent once, an error summary is read out first.

const sdk = document.querySelector("[data-liff-sdk]");
// Signed in: the start page may count its tries anew.
sessionStorage.removeItem("gate-tries");

function init() {
  // The page is whole without LINE's SDK, so a failure here changes nothing.
  liff.init({ liffId: sdk.dataset.liffId }).catch(() => {});
}

if (window.liff) init();
else sdk.addEventListener("load", init);

document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
// Coming back by the browser's back button shows the page as it was left.
addEventListener("pageshow", () => {
  document.querySelectorAll("form").forEach((form) => delete form.dataset.sent);
});
document.querySelector("[data-focus]")?.focus();
