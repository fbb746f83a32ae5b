/** Follows one phone: by the sandbox's stream of events, and by asking again and again while the stream is down. */

import { SandboxTrouble } from "./sandbox.js";

const ASK_EVERY_MS = 2000;
const OPEN_AGAIN_AFTER_MS = 5000;
const TOPICS = ["line", "wallet", "inbox", "prompts", "screen"];

/** `onChange` is given what has changed, by topic; `onNetwork` whether the sandbox is there. Returns what stops it. */
export function follow({ sandbox, msisdn, onChange, onNetwork }) {
  let source;
  let asking = 0; // the timer of the next question
  let opening = 0; // the timer of the next stream
  let over = false;

  function openStream() {
    source = new EventSource(sandbox.eventsUrl(msisdn));
    source.addEventListener("open", streamIsUp);
    source.addEventListener("error", streamIsDown);
    for (const topic of TOPICS) {
      source.addEventListener(topic, (event) => onChange({ [topic]: JSON.parse(event.data) }));
    }
  }

  function streamIsUp() {
    clearInterval(asking);
    asking = 0;
    onNetwork(true);
  }

  function streamIsDown() {
    // A browser opens a broken stream again by itself, unless the server refused it.
    if (source.readyState === EventSource.CLOSED) {
      clearTimeout(opening);
      opening = setTimeout(openStream, OPEN_AGAIN_AFTER_MS);
    }
    if (!asking) {
      asking = setInterval(ask, ASK_EVERY_MS);
      ask();
    }
  }

  async function ask() {
    const mine = asking;
    const isLate = () => over || asking !== mine; // The stream came back meanwhile and knows better.
    try {
      const [{ line, wallet, prompts, screen }, inbox] = await Promise.all([
        sandbox.phone(msisdn),
        sandbox.inbox(msisdn),
      ]);
      if (isLate()) return;
      onNetwork(true);
      onChange({ line, wallet, prompts, screen, inbox });
    } catch (error) {
      if (!(error instanceof SandboxTrouble)) throw error;
      if (!isLate()) onNetwork(false); // Shown on the phone as "No network".
    }
  }

  openStream();
  return function stop() {
    over = true;
    source.close();
    clearInterval(asking);
    clearTimeout(opening);
  };
}
