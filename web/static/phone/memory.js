/** What this browser remembers: which messages were read, and which lines were made here. */

const READ = "redial.read.";
const OWN = "redial.people";

/** A message has no id: it is known by when it came, from whom, and what it says. */
export function keyOf({ at, from, text }) {
  return `${at} ${from} ${text}`;
}

/** The messages that were not opened yet, oldest first. */
export function unread(msisdn, inbox) {
  const read = new Set(load(READ + msisdn));
  return inbox.filter((message) => !read.has(keyOf(message)));
}

/** Remember that a message was opened, and forget those that are gone. */
export function markRead(msisdn, message, inbox) {
  const there = new Set(inbox.map(keyOf));
  const read = new Set([...load(READ + msisdn), keyOf(message)]);
  save(READ + msisdn, [...read].filter((key) => there.has(key)));
}

/** The numbers that were made or typed here. */
export function ownNumbers() {
  return load(OWN).filter((number) => typeof number === "string");
}

/** Remember a number. The oldest ones are forgotten. */
export function rememberNumber(msisdn) {
  save(OWN, [...ownNumbers().filter((number) => number !== msisdn), msisdn].slice(-4));
}

function load(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return []; // Storage may be forbidden or spoilt: then nothing was remembered.
  }
}

function save(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Storage may be forbidden or full. The page works without a memory.
  }
}
