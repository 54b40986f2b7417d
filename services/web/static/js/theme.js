// Before anything is painted: the colours that the reader chose, if not the system's.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off: the system's colours it is.
}
