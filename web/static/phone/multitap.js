/**
 * Letters from a keypad: the same key again, soon, turns the letter into the next one. # changes between ABC, abc and
 * 123.
 */

import { eraseFrom, typeInto } from "./dom.js";

const SOON_MS = 900;
const MODES = ["ABC", "abc", "123"];
const LETTERS = {
  1: ".,?!1",
  2: "abc2",
  3: "def3",
  4: "ghi4",
  5: "jkl5",
  6: "mno6",
  7: "pqrs7",
  8: "tuv8",
  9: "wxyz9",
  0: " 0",
  "*": "*+-/#",
};

export function createMultitap(field, { onMode }) {
  let mode = 0;
  let last = { key: "", turn: 0, at: 0 };

  // A tap elsewhere in the text, or a keyboard, ends the letter.
  field.addEventListener("pointerdown", rest);
  field.addEventListener("keydown", rest);
  onMode(MODES[mode]);

  function rest() {
    last = { key: "", turn: 0, at: 0 };
  }

  function tap(key) {
    if (key === "#") {
      mode = (mode + 1) % MODES.length;
      onMode(MODES[mode]);
      return rest();
    }
    if (MODES[mode] === "123" || !(key in LETTERS)) return typeInto(field, key);
    const now = performance.now();
    const isAgain = key === last.key && now - last.at < SOON_MS;
    last = { key, turn: isAgain ? last.turn + 1 : 0, at: now };
    if (isAgain) eraseFrom(field);
    const letter = LETTERS[key][last.turn % LETTERS[key].length];
    typeInto(field, MODES[mode] === "ABC" ? letter.toUpperCase() : letter);
  }

  return { tap, rest };
}
