/** What the page knows, in one place. Whoever listens is told of every change, in order, with what was before. */

/** @typedef {{view: "home"|"inbox"|"message"|"compose", message?: object}} Place */

/** Nothing is known of the person yet. */
export const UNKNOWN_PERSON = {
  line: null, // {state, balance_minor, currency}
  wallet: null, // {balance_minor, currency}
  inbox: [], // [{from, text, at}], oldest first
  prompts: [], // oldest first
  screen: null, // {screen, open, cut, encoding, length, session_id, failed}
  promptAnswer: undefined, // null follows the sandbox's settings; undefined is not known yet
  ignored: [], // ids of the prompts that were put aside
  waiting: null, // what the network works on: "dial" or "key"
  leaving: false, // hanging up
  trouble: "", // a sentence on the screen
  notice: "", // a sentence below the number
  place: { view: "home" },
};

/** Before anything is known. */
export const EMPTY = {
  ...UNKNOWN_PERSON,
  msisdn: "",
  name: "",
  code: "",
  network: "looking", // "up" | "down"
  settings: null, // of the sandbox
  journal: [], // what was done here: {at, text}
  answeredInMs: null,
};

export function createStore(state) {
  const listeners = new Set();
  const waiting = [];
  let telling = false;

  function tell(patch) {
    const before = state;
    state = { ...state, ...patch };
    for (const listener of listeners) listener(state, before);
  }

  return {
    get: () => state,

    /** Change what is known. A listener's own change is told after everybody has heard of this one. */
    set(patch) {
      waiting.push(patch);
      if (telling) return;
      telling = true;
      try {
        while (waiting.length) tell(waiting.shift());
      } finally {
        telling = false;
      }
    },

    /** Hear of every change from now on, and of the present as the first. */
    listen(listener) {
      listeners.add(listener);
      listener(state, state);
    },
  };
}

/** The prompt that asks for an answer now, if one does. */
export function openPrompt(state) {
  return state.prompts.find((prompt) => !state.ignored.includes(prompt.id));
}

/** Whether the network has put a screen on the phone, be it an empty one. */
export function isShown(screen) {
  return Boolean(screen && (screen.open || screen.screen || screen.session_id));
}
