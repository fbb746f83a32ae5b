/**
 * Who holds the phone. Prompts of the phone that is held are answered by hand, by the sandbox's setting for that one
 * person; when it is laid down they are again answered as before. Nobody else's phone is touched, nor one that somebody
 * has set on purpose.
 */

import { follow } from "./feed.js";
import { SandboxTrouble } from "./sandbox.js";
import { UNKNOWN_PERSON } from "./store.js";

const BY_HAND = "by_hand";

export function createHolder({ sandbox, store }) {
  let stop = () => {};
  let handIsOurs = false; // "by_hand" was set here, and is taken back here

  function take({ msisdn, name = "" }) {
    layDown();
    store.set({ ...UNKNOWN_PERSON, msisdn, name, network: "looking" });
    stop = follow({
      sandbox,
      msisdn,
      onChange: (news) => store.set(withoutOldScreen(news, store.get())),
      onNetwork: (isUp) => heard(msisdn, isUp),
    });
  }

  function heard(msisdn, isUp) {
    const { network, promptAnswer } = store.get();
    const was = network;
    if ((isUp ? "up" : "down") !== was) store.set({ network: isUp ? "up" : "down" });
    if (isUp && (was !== "up" || promptAnswer === undefined)) void greet(msisdn);
  }

  /** What the stream does not tell: how prompts are answered. Asked when the network is there, and there again. */
  async function greet(msisdn) {
    try {
      const [settings, { prompt_answer: now }] = await Promise.all([sandbox.settings(), sandbox.phone(msisdn)]);
      if (store.get().msisdn !== msisdn) return;
      store.set({ settings, promptAnswer: now });
      if (now === null) await answer(BY_HAND);
      // Left by a page that was closed in a hurry, or set by another one on the same phone, which sets it again.
      handIsOurs = now === null || now === BY_HAND;
    } catch (error) {
      // The network went away again: when it is back we are called again.
      if (!(error instanceof SandboxTrouble)) throw error;
    }
  }

  /** Let this person's prompts be answered so. Raises SandboxTrouble. */
  async function answer(how) {
    const { msisdn } = store.get();
    const { prompt_answer: now } = await sandbox.setPromptAnswer(msisdn, how);
    if (store.get().msisdn !== msisdn) return;
    handIsOurs = now === BY_HAND;
    store.set({ promptAnswer: now });
  }

  /** Before a call or a text: settings may have changed, and another page may have laid the same phone down. */
  async function makeReady() {
    store.set({ settings: await sandbox.settings() });
    if (handIsOurs) await answer(BY_HAND);
  }

  function layDown() {
    stop();
    const { msisdn, network } = store.get();
    if (!handIsOurs || network !== "up") return;
    handIsOurs = false;
    sandbox.setPromptAnswer(msisdn, null, { keepalive: true }).catch(() => {
      // Nobody is there to be told, and nothing is left to be put back.
    });
  }

  function takeUpAgain(event) {
    const { msisdn, name } = store.get();
    if (event.persisted && msisdn) take({ msisdn, name });
  }

  window.addEventListener("pagehide", layDown);
  window.addEventListener("pageshow", takeUpAgain);
  return { take, answer, makeReady };
}

/**
 * While the network works for us, its answer says what stands on the screen; the stream may be a moment behind. What
 * the answer has shown already is no news either: a reply may be half typed below it.
 */
function withoutOldScreen(news, state) {
  if (!("screen" in news)) return news;
  const isOld = JSON.stringify(news.screen) === JSON.stringify(state.screen);
  if (!state.waiting && !isOld) return news;
  const { screen: _, ...rest } = news;
  return rest;
}
