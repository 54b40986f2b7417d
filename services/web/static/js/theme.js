// Before anything is painted: the colours, size and width that the reader chose, if any. They are kept in this browser.
try {
  for (const name of ["theme", "size", "width"]) {
    const chosen = localStorage.getItem(name);
    if (chosen && /^[a-z]+$/.test(chosen)) document.documentElement.dataset[name] = chosen;
  }
} catch {
  // Storage is switched off: it is as the system says.
}
