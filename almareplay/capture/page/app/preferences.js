// What this browser was set to: language, light or dark, sounds, receipts. No data of anybody.

const PREFIX = "almareplay.";

/** A preference, or `otherwise` where there is none or the browser keeps none. */
export function preference(name, otherwise = "") {
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keep a preference where the browser does. */
export function prefer(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // It holds until the page is closed.
  }
}

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Show the page light or dark: as preferred here, else as the system says. */
export function applyTheme() {
  const theme = preference("theme", "system");
  const isDark = theme === "system" ? dark.matches : theme === "dark";
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
}

dark.addEventListener("change", applyTheme);
