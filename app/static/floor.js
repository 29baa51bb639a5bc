/* The day's screen: says when the connection is lost and when it is back, and keeps open what somebody opened. */
(() => {
  "use strict";
  const line = () => document.getElementById("floor-line");
  let lost = false;
  let hiding = 0;

  const say = (text, tone) => {
    const shown = line();
    if (!shown) return;
    shown.textContent = text;
    shown.className = `note ${tone} floor-line`;
    shown.hidden = !text;
  };
  const lose = () => {
    lost = true;
    clearTimeout(hiding);
    say(line()?.dataset.lost ?? "", "bad");
  };
  const recover = () => {
    if (!lost) return;
    lost = false;
    say(line()?.dataset.back ?? "", "good");
    hiding = setTimeout(() => say("", "good"), 6000);
  };

  document.addEventListener("htmx:error", lose);
  document.addEventListener("htmx:after:request", (event) => {
    const status = event.detail?.ctx?.response?.status ?? 0;
    if (status >= 500) lose();
    else if (status) recover();
  });
  window.addEventListener("offline", lose);

  /* A refused press says why above the form, which may be out of sight. */
  document.addEventListener("htmx:after:swap", () => {
    document.querySelector('[id^="refused-"]:not(:empty)')?.scrollIntoView({ block: "center" });
  });

  /* What somebody opened stays open when the meeting moves on around it. */
  document.addEventListener("htmx:before:morph:attr", (event) => {
    if (event.detail?.attrName === "open" && event.target.matches("details")) event.preventDefault();
  });
})();
