// Suggestions under a search box while typing, as a combobox: arrows choose, Enter opens, Escape closes.
"use strict";

for (const [number, input] of document.querySelectorAll("[data-suggest]").entries()) {
  const box = document.createElement("div");
  box.className = "suggesting";
  input.before(box);
  const list = document.createElement("ul");
  Object.assign(list, { id: `suggestions-${number}`, className: "suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.suggest);
  box.append(input, list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) {
    input.setAttribute(name, value);
  }

  let chosen = -1, asked = "", timer = 0;
  const options = () => [...list.children];
  const close = () => {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (place) => {
    const all = options();
    chosen = (place + all.length) % all.length;
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === chosen)));
    input.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  };
  // The API's address of a text, as a page of ours.
  const pageOf = (href) => href.replace("/api/v1/policies", "").replace("/~", "#");
  const show = (items) => {
    list.replaceChildren(...items.map((item, index) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${index}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.lang = item.lang;
      option.textContent = item.text;
      if (item.kind !== "title") {
        const where = document.createElement("small");
        where.textContent = item.work.title;
        option.append(where);
      }
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); location.assign(pageOf(item.href)); });
      option.dataset.href = pageOf(item.href);
      return option;
    }));
    chosen = -1;
    list.hidden = !items.length;
    input.setAttribute("aria-expanded", String(items.length > 0));
  };
  const ask = async () => {
    const typed = input.value.trim();
    if (typed === asked) return;
    asked = typed;
    if (typed.length < 2) return close();
    const language = input.form.elements.lang?.value;
    const query = new URLSearchParams({ q: typed, limit: "8" });
    query.set("lang", language && language !== "any" ? language : document.documentElement.lang);
    const response = await fetch(`/api/v1/suggest?${query}`);
    if (response.ok && asked === typed && document.activeElement === input) show((await response.json()).items);
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => ask().catch(close), 120); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen >= 0) location.assign(options()[chosen].dataset.href);
    else return;
    event.preventDefault();
  });
}
