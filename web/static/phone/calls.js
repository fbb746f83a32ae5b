/** What a person does with the phone: call, key, hang up, text, pay. Nothing here raises: trouble is shown. */

import { SandboxTrouble } from "./sandbox.js";
import { isShown, openPrompt } from "./store.js";

const NOTHING = { screen: "", open: false, cut: false, encoding: "GSM-7", length: 0, session_id: null, failed: null };

export function createCalls({ sandbox, store, holder }) {
  let turn = 0; // Answers to what was given up meanwhile are for nobody.

  async function ask(waiting, words, question) {
    const mine = ++turn;
    const began = performance.now();
    store.set({ waiting, trouble: "", notice: "", answeredInMs: null });
    record(words);
    const isGivenUp = () => mine !== turn;
    try {
      const screen = await question(isGivenUp);
      if (isGivenUp()) return;
      store.set({ waiting: null, screen, answeredInMs: Math.round(performance.now() - began) });
    } catch (error) {
      const trouble = sentence(error);
      if (!isGivenUp()) store.set({ waiting: null, trouble });
    }
  }

  function dial(code) {
    const { msisdn } = store.get();
    return ask("dial", `Dialled ${code}`, async (isGivenUp) => {
      await holder.makeReady();
      return isGivenUp() ? NOTHING : sandbox.dial(msisdn, code);
    });
  }

  function send(text) {
    const { msisdn } = store.get();
    return ask("key", `Sent “${text}”`, () => sandbox.key(msisdn, text));
  }

  async function hangUp() {
    const mine = ++turn;
    const { msisdn, screen, waiting } = store.get();
    store.set({ waiting: null, trouble: "", screen: NOTHING });
    if (!waiting && !isShown(screen)) return;
    if (waiting || screen.open) record("Hung up");
    try {
      await sandbox.hangUp(msisdn);
    } catch (error) {
      if (mine === turn) store.set({ trouble: sentence(error) });
    }
  }

  async function text(to, words) {
    const { msisdn } = store.get();
    try {
      await holder.makeReady();
      await sandbox.text(msisdn, to, words);
      record(`SMS to ${to}: ${words}`);
      store.set({ place: { view: "home" }, notice: "Message sent." });
      return true;
    } catch (error) {
      store.set({ trouble: sentence(error) });
      return false;
    }
  }

  /** `answer`: "pin", "wrong_pin", "cancel" or "ignore". */
  async function pay(answer) {
    const state = store.get();
    const prompt = openPrompt(state);
    if (!prompt) return;
    store.set({ ignored: [...state.ignored, prompt.id] });
    record(ANSWERED[answer]);
    try {
      await sandbox.answer(state.msisdn, prompt.id, answer);
    } catch (error) {
      // What did not arrive is asked again; what had ended is not there to be asked.
      const ignored = store.get().ignored.filter((id) => id !== prompt.id);
      store.set({ ignored, trouble: sentence(error) });
    }
  }

  function record(words) {
    store.set({ journal: [...store.get().journal, { at: new Date(), text: words }] });
  }

  return { dial, send, hangUp, text, pay };
}

const ANSWERED = {
  pin: "Entered the PIN",
  wrong_pin: "Entered a wrong PIN",
  cancel: "Cancelled the payment",
  ignore: "Left the prompt alone",
};

function sentence(error) {
  if (!(error instanceof SandboxTrouble)) throw error;
  return error.message;
}
