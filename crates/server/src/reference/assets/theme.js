// Before anything is painted: the colours that were chosen, and that scripts run.
document.documentElement.classList.add("js");
try {
  const theme = localStorage.getItem("crosswalk-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* Storage may be shut off; the system's colours stand. */ }
