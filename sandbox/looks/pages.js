// Small helps on pages that work without them: live password rules, an eye, waiting for the app.

document.querySelectorAll("[data-rules]").forEach((list) => {
  const input = document.getElementById(list.dataset.rules);
  const rules = [...list.querySelectorAll("[data-pattern]")];
  const look = () => rules.forEach((rule) => {
    const isKept = new RegExp(rule.dataset.pattern).test(input.value);
    rule.classList.toggle("kept", isKept);
    rule.dataset.state = isKept ? "符合" : "";
  });
  input.addEventListener("input", look);
  look();
});

document.querySelectorAll("[data-eye]").forEach((eye) => {
  const input = document.getElementById(eye.dataset.eye);
  eye.hidden = false;
  eye.addEventListener("click", () => {
    const isShown = input.type === "text";
    input.type = isShown ? "password" : "text";
    eye.setAttribute("aria-pressed", String(!isShown));
  });
});

document.querySelectorAll("[data-await]").forEach((form) => {
  const look = async () => {
    const answer = await fetch(form.dataset.await);
    if (answer.ok && (await answer.json()).approved) form.submit();
  };
  setInterval(() => look().catch(() => {}), 1500);
});

document.querySelector("[role='alert']")?.focus();
