// On a document: a slider through its versions, and keys. Links that a key follows say so in `data-key`.
"use strict";

const picker = document.querySelector("[data-versions]");
if (picker) {
  const days = [...picker.options].reverse();
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 0, max: days.length - 1, step: 1, value: days.indexOf(picker.selectedOptions[0]) });
  slider.setAttribute("aria-label", picker.dataset.versions);
  const say = () => slider.setAttribute("aria-valuetext", days[slider.value].textContent.trim());
  slider.addEventListener("input", () => { picker.value = days[slider.value].value; say(); });
  slider.addEventListener("change", () => picker.form.requestSubmit());
  say();
  if (days.length > 2) picker.after(slider);
}

const keysAreOn = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
const help = document.querySelector("[data-keys-help]");
document.querySelector("[data-open]")?.addEventListener("click", () => help?.showModal());
const step = (forward) => {
  const sections = [...document.querySelectorAll(".provision > section")];
  const tops = sections.map((section) => section.getBoundingClientRect().top);
  const section = sections[forward ? tops.findIndex((top) => top > 12) : tops.findLastIndex((top) => top < -4)];
  if (!section) return;
  section.scrollIntoView();
  history.replaceState(null, "", `#${section.id}`);
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keysAreOn()) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (event.key === "?") help?.showModal();
  else if (event.key === "]" || event.key === "[") step(event.key === "]");
  else if (event.key === "t") {
    const contents = document.querySelector("[data-contents]");
    if (!contents) return;
    contents.open = true;
    contents.querySelector("a")?.focus();
  } else {
    const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!link) return;
    link.click();
  }
  event.preventDefault();
});
