// A section is saved a moment after one stops writing; what it reads like and what it changes follow beside it.
"use strict";

const form = document.querySelector("[data-autosave]");
const preview = document.querySelector("[data-preview]");
if (form && preview) {
  const state = document.querySelector("[data-autosave-state]");
  let timer = 0, sending = false, again = false;
  const serialised = () => new URLSearchParams(new FormData(form)).toString();
  const text = () => { const fields = new FormData(form); fields.delete("etag"); return new URLSearchParams(fields).toString(); };
  let saved = text();

  const save = async () => {
    if (sending) { again = true; return; }
    if (text() === saved) return;
    sending = true;
    const sent = text();
    state.textContent = form.dataset.saving;
    try {
      const response = await fetch(form.action, {
        method: "POST", body: serialised(), credentials: "same-origin",
        headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Part": "preview" },
      });
      if (!response.ok || response.redirected) throw new Error(response.status);
      const part = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".preview");
      if (!part) throw new Error("no preview");
      const wrong = part.querySelector(".error-summary");
      preview.replaceChildren(part);
      if (!wrong) saved = sent;
      // After somebody else's change the next save is one's own decision: by the button, knowing both texts.
      if (part.dataset.stale) form.dataset.autosave = "off";
      for (const field of document.querySelectorAll('input[name="etag"]')) {
        field.value = "ofDraft" in field.dataset ? part.dataset.draftEtag : part.dataset.etag;
      }
      state.textContent = wrong ? form.dataset.failed : form.dataset.saved;
    } catch {
      state.textContent = form.dataset.failed;
    }
    sending = false;
    if (again) { again = false; save(); }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    if (form.dataset.autosave !== "off") timer = setTimeout(save, 900);
  });
  addEventListener("beforeunload", (event) => { if (text() !== saved && form.dataset.leaving !== "yes") event.preventDefault(); });
  form.addEventListener("submit", () => { form.dataset.leaving = "yes"; });
}
