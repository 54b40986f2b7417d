// The choices of the preferences page take effect at once and are kept in this browser.
"use strict";

for (const choice of document.querySelectorAll("[data-preference]")) {
  const name = choice.name;
  const kept = () => { try { return localStorage.getItem(name) ?? ""; } catch { return ""; } };
  choice.checked = choice.value === kept();
  choice.addEventListener("change", () => {
    try { choice.value ? localStorage.setItem(name, choice.value) : localStorage.removeItem(name); } catch { return; }
    if (name === "keys") return;
    if (choice.value) document.documentElement.dataset[name] = choice.value;
    else delete document.documentElement.dataset[name];
  });
}
