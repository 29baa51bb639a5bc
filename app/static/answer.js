// Keeps the answers of a questionnaire while somebody is still writing. Without this script there is a button for it.
(() => {
  "use strict";
  const form = document.getElementById("answer");
  if (!form || !window.fetch || !window.URLSearchParams) return;
  const said = form.querySelector(".kept");
  let timer = 0;
  let sending = false;

  const keep = async () => {
    if (sending) return;
    const body = new URLSearchParams(new FormData(form));
    body.delete("step");
    body.set("then", "keep");
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (said && !sending) said.textContent = answer.ok ? form.dataset.kept : "";
    } catch {
      if (said) said.textContent = ""; // no network: the page still holds everything
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 1500);
  });
  form.addEventListener("submit", () => {
    sending = true; // a second tap sends the same form again, which the server knows by its `once`
    clearTimeout(timer);
  });
})();
