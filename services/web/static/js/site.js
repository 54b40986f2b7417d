// Small comforts. Every page does its work without them.
"use strict";

const store = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { /* not remembered */ } },
};
const root = document.documentElement;
const find = (selector) => document.querySelector(selector);
for (const element of document.querySelectorAll(".needs-script")) element.hidden = false;

// What an address of our own answers as a fragment, put in place of what is there.
async function load(path, target) {
  const response = await fetch(path, { credentials: "same-origin", headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
  target.replaceChildren(...parsed.body.childNodes);
}

// Who is signed in. Pages are the same for everyone, so the header asks apart, and only if there may be somebody.
const account = find("[data-account]");
if (account && document.cookie.split("; ").includes("signed-in=1")) {
  load(`/fragments/account?ui=${root.lang}`, account).then(() => {
    if (!find("[data-editor]")) return;
    for (const element of document.querySelectorAll("[data-for-editors]")) element.hidden = false;
  }).catch(() => {});
}

// Colours.
const dark = matchMedia("(prefers-color-scheme: dark)");
const toggle = find("[data-theme-toggle]");
if (toggle) {
  const now = () => root.dataset.theme || (dark.matches ? "dark" : "light");
  const word = () => {
    toggle.firstElementChild.textContent = now() === "dark" ? toggle.dataset.light : toggle.dataset.dark;
  };
  toggle.addEventListener("click", () => {
    root.dataset.theme = now() === "dark" ? "light" : "dark";
    store.set("theme", root.dataset.theme);
    word();
  });
  dark.addEventListener("change", word);
  word();
}

// "/" goes to the search box, unless switched off or typed into something.
const keysOn = () => store.get("keys") !== "off";
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !keysOn()) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = find("[data-search]");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});
// A form that came back with errors: they are read first.
find("[data-focus]")?.focus();

// Another language or version opens at the same section.
for (const link of document.querySelectorAll("[data-keep-place]")) {
  link.addEventListener("click", () => { link.hash = location.hash; });
}

// Contents: open beside the text, closed above it; the current section marked.
const contents = find("[data-contents]");
if (contents) {
  const wide = matchMedia("(min-width: 72rem)");
  const settle = () => { contents.open = wide.matches; };
  wide.addEventListener("change", settle);
  settle();
  const lines = new Map();
  for (const link of contents.querySelectorAll("a")) lines.set(decodeURIComponent(link.hash.slice(1)), link);
  const seen = new Set();
  let current = null;
  const mark = () => {
    let first = null;
    for (const part of seen) {
      if (!first || part.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING) first = part;
    }
    const link = first && lines.get(first.id);
    if (!link || link === current) return;
    current?.removeAttribute("aria-current");
    current = link;
    link.setAttribute("aria-current", "location");
    const list = contents.querySelector(".contents-list");
    const offset = link.getBoundingClientRect().top - list.getBoundingClientRect().top;
    if (wide.matches && (offset < 0 || offset > list.clientHeight - 40)) list.scrollTop += offset - list.clientHeight / 3;
  };
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) entry.isIntersecting ? seen.add(entry.target) : seen.delete(entry.target);
    mark();
  }, { rootMargin: "-64px 0px -60% 0px" });
  for (const part of document.querySelectorAll(".provision > section")) if (lines.has(part.id)) watch.observe(part);
}

// The status page renews itself, and can be told not to.
const live = find("[data-refresh]");
const pause = find("[data-refresh-toggle]");
if (live && pause) {
  let timer = null;
  const renew = () => load(`${live.dataset.refresh}?ui=${root.lang}`, live).catch(() => {});
  const run = (on) => {
    clearInterval(timer);
    timer = on ? setInterval(renew, 1000 * (live.dataset.refreshSeconds ?? 10)) : null;
    pause.textContent = on ? pause.dataset.pause : pause.dataset.resume;
  };
  pause.addEventListener("click", () => run(timer === null));
  run(true);
}
