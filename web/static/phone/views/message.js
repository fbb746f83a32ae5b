/** One message. */

import { byId, say, timeOfDay } from "../dom.js";

export function createMessage({ store, smsCode }) {
  const back = () => store.set({ place: { view: "inbox" } });
  const reply = () => store.set({ place: { view: "compose", to: smsCode } });

  return {
    element: byId("view-message"),

    render({ place: { message } }) {
      say(byId("message-from"), message.from);
      say(byId("message-at"), timeOfDay(new Date(message.at)));
      say(byId("message-text"), message.text);
    },

    soft: () => ({ left: ["Reply", reply], right: ["Back", back] }),
    call: reply,
    hangUp: () => store.set({ place: { view: "home" } }),
    key: () => true,
  };
}
