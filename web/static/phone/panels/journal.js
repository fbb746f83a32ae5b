/** What happened to this phone, newest first, and what the last screen was on the wire. */

import { byId, make, say } from "../dom.js";
import { shown } from "../money.js";
import { isShown, UNKNOWN_PERSON } from "../store.js";
import { limitOf } from "../views/call.js";
import { failureInWords, lineInWords } from "../words.js";

const LONGEST = 200;
const LONGEST_LINE = 70;
// What every gateway passes on; the network's own limit is a little beyond.
const SAFE = { "GSM-7": 160, "UCS-2": 70 };

export function keepJournal(store) {
  const list = byId("journal");

  function write(text, kind = "") {
    const entry = make("li", { className: kind });
    const time = make("time", { text: new Date().toLocaleTimeString(undefined, { hourCycle: "h23" }) });
    entry.append(time, make("span", { text }));
    list.prepend(entry);
    while (list.children.length > LONGEST) list.lastElementChild.remove();
  }

  store.listen((state, before) => {
    if (state.msisdn !== before.msisdn) write(`${state.name || "Somebody"} takes the phone`, "taken");
    for (const { text } of state.journal.slice(before.journal.length)) write(text, "own");
    for (const [text, kind] of changes(state, before)) write(text, kind);
    wire(state);
  });
}

/** What came from the world. What is heard for the first time is no change. */
function* changes(state, before) {
  if (state.network === "down" && before.network !== "down") yield ["No network", "bad"];
  if (state.network === "up" && before.network === "down") yield ["Network there again", "good"];
  if (state.msisdn !== before.msisdn) return;
  yield* ofTheLine(state.line, before.line);
  yield* ofTheScreen(state.screen, before.screen);
  for (const { amount_minor, currency } of newPrompts(state, before)) {
    yield [`Asked to pay ${shown(amount_minor, currency)}`];
  }
  yield* ofTheWallet(state.wallet, before.wallet);
  for (const { from, text } of newMessages(state, before)) yield [`SMS from ${from}: ${text}`, "sms"];
}

function* ofTheLine(line, before) {
  if (!line || !before) return;
  if (line.state === before.state && line.balance_minor === before.balance_minor) return;
  const words = `Line ${lineInWords(line.state).toLowerCase()}, ${shown(line.balance_minor, line.currency)}`;
  yield [words, line.state === "active" && before.state !== "active" ? "good" : ""];
}

function* ofTheWallet(wallet, before) {
  if (!wallet || !before || wallet.balance_minor === before.balance_minor) return;
  yield [`Wallet ${shown(wallet.balance_minor, wallet.currency)}`];
}

function newMessages(state, before) {
  const isFirstLook = before.inbox === UNKNOWN_PERSON.inbox;
  return isFirstLook ? [] : state.inbox.slice(before.inbox.length);
}

function newPrompts(state, before) {
  const known = new Set(before.prompts.map(({ id }) => id));
  return state.prompts.filter(({ id }) => !known.has(id));
}

function* ofTheScreen(screen, before) {
  if (screen === before || !isShown(screen)) return;
  if (screen.failed) yield [failureInWords(screen.failed), "bad"];
  else yield [`${screen.open ? "CON" : "END"} ${firstLine(screen.screen)}`];
}

function firstLine(text) {
  const [line] = text.split("\n");
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

/** How the last screen travelled. */
function wire({ screen, settings, answeredInMs }) {
  const isThere = Boolean(screen?.session_id);
  byId("wire").hidden = byId("gauge").hidden = !isThere;
  if (!isThere) return;
  const [unit, limit] = limitOf(screen, settings);
  say(byId("wire-length"), `${screen.length} of ${limit ?? "?"} ${unit} (${screen.encoding})`);
  say(byId("wire-time"), answeredInMs === null ? "" : `${answeredInMs} ms`);
  say(byId("wire-session"), screen.session_id);
  if (limit) gauge(screen, limit);
}

function gauge(screen, limit) {
  byId("gauge-fill").style.width = `${Math.min(100, (100 * screen.length) / limit)}%`;
  byId("gauge-safe").style.left = `${(100 * SAFE[screen.encoding]) / limit}%`;
  byId("gauge").dataset.full = screen.cut ? "cut" : screen.length > SAFE[screen.encoding] ? "edge" : "";
}
