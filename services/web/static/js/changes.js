// n and p go to the next and the previous change, unless keys are switched off or something is being typed.
"use strict";

const changes = [...document.querySelectorAll("[data-change]")];
const off = () => { try { return localStorage.getItem("keys") === "off"; } catch { return false; } };
document.addEventListener("keydown", (event) => {
  if (!"np".includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || off()) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const at = changes.indexOf(document.activeElement);
  const tops = changes.map((change) => change.getBoundingClientRect().top);
  const place = event.key === "n"
    ? (at >= 0 ? at + 1 : tops.findIndex((top) => top > 0))
    : (at >= 0 ? at - 1 : tops.findLastIndex((top) => top < 0));
  if (!changes[place]) return;
  event.preventDefault();
  changes[place].scrollIntoView();
  changes[place].focus({ preventScroll: true });
});
