// The keys of a scanner, or of fingers, to whole scans. One field takes them all.

import { KEYS } from "./commands.js";

const isDialogOpen = () => document.querySelector("dialog[open]") !== null;

/** Watch the field. `onScan(text)` gets what was typed before Enter or Tab, `onCommand(name)` the
 * command of a function key. Both are called before the next key is looked at, so that nothing of
 * the next scan can be in this one. `isActive()`: whether the desk is open. */
export function watchField(field, { onScan, onCommand, isActive }) {
  function take() {
    const typed = field.value;
    field.value = "";
    if (typed.trim()) onScan(typed);
  }

  document.addEventListener("keydown", (event) => {
    if (!isActive() || isDialogOpen() || event.isComposing) return;
    if (event.key in KEYS && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      if (!event.repeat) onCommand(KEYS[event.key]);
      return;
    }
    if (event.target === field) {
      const isEnd = event.key === "Enter" || (event.key === "Tab" && !event.shiftKey && field.value);
      if (!isEnd) return;
      event.preventDefault();
      if (!event.repeat) take();
    } else if (isTyped(event) && !isField(event.target)) {
      // The key is pressed on what has the focus when it has been handled here.
      field.focus();
    }
  }, { capture: true });

  // Keyboards on screens send no key for Enter.
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    take();
  });

  function focus() {
    if (isActive() && !isDialogOpen()) field.focus({ preventScroll: true });
  }

  // A click beside the buttons takes the focus away; Tab does not come here.
  field.addEventListener("blur", ({ relatedTarget }) => {
    if (!relatedTarget) setTimeout(() => document.activeElement === document.body && focus());
  });
  window.addEventListener("focus", focus);
  return { focus };
}

const isTyped = ({ key, ctrlKey, altKey, metaKey }) =>
  key.length === 1 && key !== " " && !ctrlKey && !altKey && !metaKey;

const isField = (target) => target instanceof Element && target.matches("input, select, textarea");
