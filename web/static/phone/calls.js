/** What a person does with the phone: call, key, hang up, text, pay. Nothing here raises: trouble is shown. */

import { SandboxTrouble } from "./sandbox.js";
import { isShown, openPrompt } from "./store.js";

const NOTHING = { screen: "", open: false, cut: false, encoding: "GSM-7", length: 0, session_id: null, failed: null };

export function createCalls({ sandbox, store, holder }) {
  let turn = 0; // Answers to what was given up meanwhile are for nobody.
  let parting = Promise.resolve(""); // A call begins when the one before it has surely ended.

  /** Whether somebody else holds the phone by now. */
  function watchHolder() {
    const { msisdn } = store.get();
    return () => store.get().msisdn !== msisdn;
  }

  async function ask(waiting, words, question) {
    const mine = ++turn;
    const hasGone = watchHolder();
    const isGivenUp = () => mine !== turn || hasGone();
    const began = performance.now();
    store.set({ waiting, trouble: "", notice: "", answeredInMs: null });
    record(words);
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
      await parting;
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
    const hasGone = watchHolder();
    const { msisdn, screen, waiting } = store.get();
    store.set({ waiting: null, trouble: "", screen: NOTHING });
    if (!waiting && !isShown(screen)) return;
    if (waiting || screen.open) record("Hung up");
    store.set({ leaving: true });
    parting = troubleOf(sandbox.hangUp(msisdn));
    const trouble = await parting;
    if (hasGone()) return;
    store.set({ leaving: false });
    if (trouble && mine === turn) store.set({ trouble });
  }

  /** Whether it was sent. */
  async function text(to, words) {
    const { msisdn } = store.get();
    const hasGone = watchHolder();
    const trouble = await troubleOf(holder.makeReady().then(() => sandbox.text(msisdn, to, words)));
    if (!trouble) record(`SMS to ${to}: ${words}`);
    if (!hasGone()) store.set(trouble ? { trouble } : { place: { view: "home" }, notice: "Message sent." });
    return !trouble;
  }

  /** `answer`: "pin", "wrong_pin", "cancel" or "ignore". */
  async function pay(answer) {
    const state = store.get();
    const prompt = openPrompt(state);
    if (!prompt) return;
    const hasGone = watchHolder();
    store.set({ ignored: [...state.ignored, prompt.id] });
    record(ANSWERED[answer]);
    const trouble = await troubleOf(sandbox.answer(state.msisdn, prompt.id, answer));
    if (!trouble || hasGone()) return;
    // What did not arrive is asked again; what had ended is not there to be asked.
    store.set({ ignored: store.get().ignored.filter((id) => id !== prompt.id), trouble });
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

/** The sentence for what hinders a request; none when nothing does. */
async function troubleOf(request) {
  try {
    await request;
    return "";
  } catch (error) {
    return sentence(error);
  }
}

function sentence(error) {
  if (!(error instanceof SandboxTrouble)) throw error;
  return error.message;
}
