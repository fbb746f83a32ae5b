/** The few things that every part does with the document. Text goes in as text only. */

/** The element with that id, which the page surely has. */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element;
}

/** Put text into an element, leaving it alone when it says so already (a live region would say it again). */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A new element with that text. */
export function make(tag, { text = "", className = "" } = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

/** Put a character in where the caret is, as if it had been typed. */
export function typeInto(field, character) {
  const start = field.selectionStart ?? field.value.length;
  const end = field.selectionEnd ?? start;
  const longest = field.maxLength < 0 ? Infinity : field.maxLength;
  if (field.value.length - (end - start) + character.length > longest) return;
  field.setRangeText(character, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Take away the selection or the character before the caret. */
export function eraseFrom(field) {
  const end = field.selectionEnd ?? field.value.length;
  const start = field.selectionStart === end ? Math.max(0, end - 1) : field.selectionStart;
  field.setRangeText("", start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Let a field hold that text, the caret behind it. */
export function fill(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The time of day of a moment, as a phone shows it. */
export function timeOfDay(moment) {
  return new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(moment);
}
