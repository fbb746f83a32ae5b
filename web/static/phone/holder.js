/**
 * Who holds the phone. Prompts of the phone that is held are answered by hand, by the sandbox's setting for that one
 * person; when it is laid down they are again answered as before. Nobody else's phone is touched, nor one that somebody
 * has set on purpose.
 */

import { follow } from "./feed.js";
import { introduce } from "./ready.js";
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
      onChange: hear,
      onNetwork: (isUp) => heard(msisdn, isUp),
    });
  }

  function hear({ screen, ...news }) {
    store.set(news);
    if (screen) void lookAtScreen(screen);
  }

  /**
   * The stream may tell of a screen later than the answer to our own key that has put another one there. So what it
   * tells is a reason to look, and what we see counts unless we did something ourselves meanwhile.
   */
  async function lookAtScreen(told) {
    const { msisdn, screen: before } = store.get();
    if (isBusy(store.get()) || isSame(told, before)) return;
    const present = before ? await seen(msisdn) : told;
    const now = store.get();
    if (!present || isBusy(now) || now.msisdn !== msisdn || now.screen !== before) return;
    if (!isSame(present, before)) store.set({ screen: present });
  }

  /** What stands on the screen; nothing when the network is gone, which shows elsewhere. */
  async function seen(msisdn) {
    try {
      return (await sandbox.phone(msisdn)).screen;
    } catch (error) {
      if (!(error instanceof SandboxTrouble)) throw error;
      return null;
    }
  }

  function heard(msisdn, isUp) {
    const wasUp = store.get().network === "up";
    if (isUp && !wasUp) {
      store.set({ network: "up" });
      void greet(msisdn);
    }
    if (!isUp) store.set({ network: "down", promptAnswer: undefined });
  }

  /** What the stream does not tell. Asked when the network is there, and whenever it is there again. */
  async function greet(msisdn) {
    try {
      await introduce(sandbox);
      const [settings, { prompt_answer: now }] = await Promise.all([sandbox.settings(), sandbox.phone(msisdn)]);
      if (store.get().msisdn !== msisdn) return;
      store.set({ settings });
      if (now === null) return await answer(BY_HAND);
      // Left by a page that was closed in a hurry, or set by another one on the same phone, which sets it again.
      handIsOurs = now === BY_HAND;
      store.set({ promptAnswer: now });
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
    const wasOurs = handIsOurs;
    handIsOurs = false;
    if (!wasOurs || network !== "up") return;
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

/** While we wait for the network ourselves, its answer says what stands on the screen. */
function isBusy({ waiting, leaving }) {
  return Boolean(waiting || leaving);
}

function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
