/** Writing an SMS: with a keyboard, or with the keypad, several taps a letter. */

import { byId, fill, say } from "../dom.js";
import { createMultitap } from "../multitap.js";

export function createCompose({ store, calls, smsCode }) {
  const to = byId("sms-to");
  const text = byId("sms-text");
  const multitap = createMultitap(text, { onMode: (mode) => say(byId("compose-mode"), mode) });
  const home = () => store.set({ place: { view: "home" } });

  text.addEventListener("input", () => say(byId("compose-hint"), counted(text.value)));

  async function send() {
    if (!text.value.trim()) return text.focus();
    if (await calls.text(to.value.trim() || smsCode, text.value)) fill(text, "");
  }

  return {
    element: byId("view-compose"),
    field: text,

    entered() {
      to.value ||= smsCode;
      multitap.rest();
      say(byId("compose-hint"), counted(text.value));
    },

    render() {},

    soft: () => ({ left: ["Send", () => void send()], right: ["Back", home] }),
    call: () => void send(),
    hangUp: home,

    key(character) {
      if (document.activeElement === to) return /[0-9]/.test(character) ? typeDigit(to, character) : true;
      multitap.tap(character);
      return true;
    },
  };
}

function typeDigit(field, digit) {
  field.setRangeText(digit, field.selectionStart, field.selectionEnd, "end");
  return true;
}

/** How many characters are left in this segment; nothing while the text is empty. */
function counted(text) {
  const plain = /^[\x20-\x7e\n]*$/.test(text);
  return text ? `${text.length} of ${plain ? 160 : 70}` : "Keys tap letters, # changes abc and 123";
}
