/** A mobile-money prompt over whatever stood on the screen. Any four digits pay: the sandbox knows no PIN. */

import { byId, fill, say } from "../dom.js";
import { shown } from "../money.js";
import { openPrompt } from "../store.js";

// By the sandbox's name of the provider. One that is not here is shown under that name.
const PROVIDERS = { mpesa: "M-PESA", mtn_momo: "MTN MoMo", airtel_money: "Airtel Money" };

const BY_ITSELF = "The sandbox answers this one by itself in a moment.";
const BY_HAND = "Any four digits pay.";

export function createPrompt({ calls }) {
  const field = byId("pin");
  let asked = "";

  field.addEventListener("input", () => {
    const digits = field.value.replace(/\D/g, "");
    if (digits !== field.value) field.value = digits;
  });

  function send() {
    if (field.value.length === 4) return void calls.pay("pin");
    say(byId("prompt-hint"), "A PIN has four digits.");
    field.focus();
  }

  const cancel = () => void calls.pay("cancel");
  byId("prompt-wrong").addEventListener("click", () => void calls.pay("wrong_pin"));
  byId("prompt-ignore").addEventListener("click", () => void calls.pay("ignore"));

  return {
    element: byId("view-prompt"),
    field,

    render(state) {
      const prompt = openPrompt(state);
      if (prompt.id === asked) return;
      asked = prompt.id;
      fill(field, "");
      say(byId("prompt-title"), PROVIDERS[prompt.provider] ?? prompt.provider);
      say(byId("prompt-amount"), shown(prompt.amount_minor, prompt.currency));
      say(byId("prompt-text"), prompt.text);
      say(byId("prompt-hint"), state.promptAnswer === "by_hand" ? BY_HAND : BY_ITSELF);
    },

    soft: () => ({ left: ["Send", send], right: ["Cancel", cancel] }),
    call: send,
    hangUp: cancel,
    key: (character) => !/\d/.test(character),
  };
}
