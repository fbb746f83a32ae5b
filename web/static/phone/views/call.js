/** A USSD call: the screen as the network passed it on, and the reply. */

import { byId, fill, say } from "../dom.js";
import { failureInWords } from "../words.js";

const NOTHING_YET = { text: "", mark: "", canReply: false };
const RUNNING = { dial: "USSD code running", key: "Sending" };

export function createCall({ store, calls }) {
  const field = byId("reply");
  let shownScreen = null;

  function send() {
    const { screen, waiting, trouble } = store.get();
    if (waiting) return;
    if (trouble) dismiss();
    else if (!screen?.open) void calls.hangUp();
    else if (field.value) void calls.send(field.value);
    else field.focus();
  }

  /** The sentence goes; what stood there before stays, so that a reply can be sent once more. */
  function dismiss() {
    store.set({ trouble: "" });
  }

  return {
    element: byId("view-call"),
    field,

    render(state) {
      const { screen, waiting } = state;
      if (screen !== shownScreen && !waiting) fill(field, "");
      shownScreen = screen;
      const { text, mark, canReply } = waiting ? NOTHING_YET : read(state);
      byId("working").hidden = !waiting;
      say(byId("working-text"), RUNNING[waiting] ?? "");
      byId("ussd").hidden = Boolean(waiting);
      say(byId("ussd"), text);
      byId("mark").hidden = !mark;
      say(byId("mark"), mark);
      byId("reply-row").hidden = !canReply;
    },

    soft({ screen, waiting, trouble }) {
      const cancel = ["Cancel", () => void calls.hangUp()];
      if (waiting) return { right: cancel };
      if (trouble) return { left: ["OK", dismiss] };
      return screen?.open ? { left: ["Send", send], right: cancel } : { left: ["OK", send] };
    },

    call: send,
    hangUp: () => void calls.hangUp(),
  };
}

/** What there is to read, and whether it can be replied to. */
function read({ screen, trouble, settings }) {
  if (trouble) return { text: trouble, mark: "", canReply: false };
  return { text: screen?.screen ?? "", mark: wrongWith(screen, settings), canReply: Boolean(screen?.open) };
}

/** What the network did to the screen, in words; nothing when all is well. */
function wrongWith(screen, settings) {
  if (screen?.failed) return failureInWords(screen.failed);
  if (!screen?.screen) return "The screen is empty.";
  if (!screen.cut) return "";
  const [unit, limit] = limitOf(screen, settings);
  return `Cut by the network: ${screen.length} ${unit}${limit ? `, ${limit} fit` : ""}.`;
}

/** In what a screen is counted, and how many the network passes on. */
export function limitOf(screen, settings) {
  return screen.encoding === "UCS-2"
    ? ["UCS-2 characters", settings?.ussd_ucs2_characters]
    : ["septets", settings?.ussd_gsm7_septets];
}
