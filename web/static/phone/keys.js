/** The keys: those drawn on the page, and those of a keyboard. */

import { byId } from "./dom.js";

const FLASH_MS = 140;

/** `press` is given a digit, * or #. A key that is tapped leaves the focus where it is. */
export function listenToKeys({ press, call, hangUp, erase }) {
  const handset = byId("handset");

  // The field in use keeps its caret while keys are tapped.
  handset.addEventListener("mousedown", (event) => {
    if (event.target.closest("button")) event.preventDefault();
  });
  for (const key of handset.querySelectorAll("[data-key]")) {
    key.addEventListener("click", () => press(key.dataset.key));
  }
  byId("key-call").addEventListener("click", call);
  byId("key-hangup").addEventListener("click", hangUp);

  /** Whether the key was ours. */
  function act({ key, target }) {
    if (key === "Escape") hangUp();
    else if (key === "Enter" && !isButton(target)) call();
    else if (key === "Backspace" && !isField(target)) erase();
    else if (/^[0-9*#+]$/.test(key) && !isField(target)) press(key);
    else return false; // A field takes characters by itself, and a button is pressed by itself.
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (belongsElsewhere(event.target, handset)) return;
    flash(event.key);
    if (act(event)) event.preventDefault();
  });
}

/** Fields of the panels take all of their keys themselves. Radio buttons take none of ours. */
function belongsElsewhere(target, handset) {
  return !handset.contains(target) && (isField(target) || target.tagName === "SELECT");
}

function isField(target) {
  return target.tagName === "TEXTAREA" || (target.tagName === "INPUT" && target.type !== "radio");
}

function isButton(target) {
  return target.tagName === "BUTTON" || target.tagName === "A";
}

/** Let the drawn key show that its twin on the keyboard was pressed. */
function flash(key) {
  const id = { Enter: "key-call", Escape: "key-hangup" }[key];
  const drawn = id ? byId(id) : document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!drawn) return;
  drawn.classList.add("pressed");
  setTimeout(() => drawn.classList.remove("pressed"), FLASH_MS);
}
