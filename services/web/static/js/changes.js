// n and p go to the next and the previous change, unless keys are switched off or something is being typed.
"use strict";

const changes = [...document.querySelectorAll("[data-change]")];
const off = () => { try { return localStorage.getItem("keys") === "off"; } catch { return false; } };
document.addEventListener("keydown", (event) => {
  if (!"np".includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || off()) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const tops = changes.map((change) => change.getBoundingClientRect().top);
  const place = event.key === "n" ? tops.findIndex((top) => top > 8) : tops.findLastIndex((top) => top < -8);
  if (place < 0) return;
  event.preventDefault();
  changes[place].scrollIntoView();
  changes[place].focus({ preventScroll: true });
});
