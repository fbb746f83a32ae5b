/** The top of the phone's screen: the network, the time, new messages, and the line's state and balance. */

import { byId, say, timeOfDay } from "./dom.js";
import { unread } from "./memory.js";
import { shown } from "./money.js";
import { lineInWords } from "./words.js";

const CLOCK_MS = 5000;
const NETWORK = {
  looking: ["Searching", "Looking for the network"],
  up: ["Redial Mobile", "Network there"],
  down: ["No network", "No network"],
};

export function showStatus(store) {
  store.listen((state) => {
    network(state.network);
    letters(unread(state.msisdn, state.inbox).length);
    line(state.line);
  });
  const tick = () => say(byId("clock"), timeOfDay(new Date()));
  tick();
  setInterval(tick, CLOCK_MS);
}

function network(state) {
  const [word, sentence] = NETWORK[state];
  say(byId("carrier"), word);
  byId("signal").dataset.network = state;
  byId("signal").setAttribute("aria-label", sentence);
}

function letters(count) {
  byId("letters").hidden = count === 0;
  say(byId("letters-count"), String(count));
}

function line(known) {
  byId("line").dataset.state = known?.state ?? "";
  say(byId("line-state"), known ? lineInWords(known.state) : "Line not known yet");
  say(byId("line-balance"), known && known.state !== "gone" ? shown(known.balance_minor, known.currency) : "");
}
