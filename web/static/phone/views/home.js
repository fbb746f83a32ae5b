/** The phone at rest, and a number being dialled. */

import { byId, fill, say } from "../dom.js";
import { unread } from "../memory.js";
import { spaced } from "../numbers.js";

export function createHome({ store, calls }) {
  const field = byId("dial");
  const go = (view) => () => store.set({ place: { view }, notice: "" });

  // What cannot be dialled is not taken, from whatever keyboard it comes.
  field.addEventListener("input", () => {
    const clean = field.value.replace(/[^0-9*#+]/g, "");
    if (clean !== field.value) field.value = clean;
  });

  return {
    element: byId("view-home"),
    field,

    entered: () => fill(field, ""),

    render(state) {
      field.placeholder = state.code;
      say(byId("home-name"), state.name);
      say(byId("home-number"), spaced(state.msisdn));
      const news = newMessages(unread(state.msisdn, state.inbox).length);
      say(byId("notice"), [state.notice, news].filter(Boolean).join("\n"));
      say(byId("home-hint"), `The green key dials ${state.code}`);
    },

    soft: () => ({ left: ["Messages", go("inbox")], right: ["Write", go("compose")] }),
    call: () => void calls.dial(field.value || store.get().code),

    hangUp() {
      fill(field, "");
      store.set({ notice: "" });
    },
  };
}

function newMessages(count) {
  if (!count) return "";
  return count === 1 ? "1 new message" : `${count} new messages`;
}
