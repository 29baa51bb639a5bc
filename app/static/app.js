/* Small comforts of the shell. Every page works without them. */
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* The first refused field gets the focus, on a new page and after htmx has put one in. */
  const focusFirstError = (root) => {
    const invalid = root.querySelector('[aria-invalid="true"]');
    const field = invalid?.matches("fieldset") ? invalid.querySelector("input") : invalid;
    field?.focus();
  };
  /* “请填写此项。” in the summary says which: 楼栋：请填写此项。 The summary stands before the fields that know their names. */
  const nameErrors = (root) =>
    all("#error-summary a[href^='#f-']:not([data-named])", root).forEach((link) => {
      const field = document.getElementById(link.hash.slice(1));
      const label = field?.matches("fieldset") ? field.querySelector("legend") : field?.labels?.[0];
      const name = label?.firstChild?.textContent.trim();
      if (name) link.prepend(`${name}${document.documentElement.lang === "en" ? ": " : "："}`);
      link.dataset.named = "";
    });
  const showDismiss = (root) => all(".close[hidden]", root).forEach((button) => (button.hidden = false));

  document.addEventListener("DOMContentLoaded", () => {
    nameErrors(document);
    focusFirstError(document);
    showDismiss(document);
    all("[data-print][hidden]").forEach((button) => (button.hidden = false));
    all(".strip [aria-current]").forEach((chosen) => chosen.scrollIntoView({ block: "nearest", inline: "center" }));
  });
  document.addEventListener("htmx:after:swap", () => {
    nameErrors(document);
    showDismiss(document);
    const main = document.getElementById("main");
    if (main && !main.contains(document.activeElement)) focusFirstError(main);
  });

  /* Menus are <details>: one open at a time, closed by a tap elsewhere or Escape. */
  const closeMenus = (except) =>
    all("details.menu[open]").forEach((menu) => {
      if (menu !== except) menu.open = false;
    });
  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu"));
    if (event.target.closest("[data-print]")) window.print();
    event.target.closest(".close")?.closest(".note")?.remove();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest("details.menu[open]");
    closeMenus();
    menu?.querySelector("summary").focus();
  });

  /* Two taps on 保存 send one form. A script that took the form over has called preventDefault. */
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "get" || form.target) return;
    if (sent.has(form)) return event.preventDefault();
    sent.add(form);
    setTimeout(() => sent.delete(form), 4000);
  });
  window.addEventListener("pageshow", (event) => event.persisted && all("form").forEach((form) => sent.delete(form)));
})();
