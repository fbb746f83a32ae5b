/** The messages, newest first. A digit opens the message of that number. */

import { byId, make, timeOfDay } from "../dom.js";
import { keyOf, markRead, unread } from "../memory.js";

export function createInbox({ store }) {
  const list = byId("inbox");
  const home = () => store.set({ place: { view: "home" } });
  const newestFirst = () => [...store.get().inbox].reverse();
  let drawn = "";

  function open(message) {
    const { msisdn, inbox } = store.get();
    markRead(msisdn, message, inbox);
    store.set({ place: { view: "message", message }, notice: "" });
  }

  function draw(state) {
    const isNew = new Set(unread(state.msisdn, state.inbox).map(keyOf));
    list.replaceChildren(
      ...newestFirst().map((message) => {
        const row = make("li");
        const button = make("button", { className: isNew.has(keyOf(message)) ? "new" : "" });
        button.type = "button";
        button.append(
          make("span", { className: "unseen", text: isNew.has(keyOf(message)) ? "New: " : "" }),
          make("b", { text: message.from }),
          make("time", { text: timeOfDay(new Date(message.at)) }),
          make("span", { className: "snippet", text: message.text }),
        );
        button.addEventListener("click", () => open(message));
        row.append(button);
        return row;
      }),
    );
    byId("inbox-empty").hidden = state.inbox.length > 0;
  }

  return {
    element: byId("view-inbox"),

    entered() {
      drawn = ""; // What was read meanwhile is not new any more.
    },

    render(state) {
      const present = state.msisdn + state.inbox.length;
      if (present !== drawn) draw(state);
      drawn = present;
    },

    soft: ({ inbox }) => ({
      left: inbox.length ? ["Open", () => openFocused(list)] : undefined,
      right: ["Back", home],
    }),
    call: () => openFocused(list),
    hangUp: home,

    key(character) {
      const message = newestFirst()[Number(character) - 1];
      if (message) open(message);
      return true;
    },
  };
}

/** The row that has the focus, else the first one. */
function openFocused(list) {
  const rows = [...list.querySelectorAll("button")];
  (rows.find((row) => row === document.activeElement) ?? rows[0])?.click();
}
