/** What can be changed around the phone: its line, its wallet, and who answers its payment prompts. */

import { byId, say } from "../dom.js";
import { minorOf, shown } from "../money.js";
import { SandboxTrouble } from "../sandbox.js";

const SENTENCES = {
  by_hand: "Asked on this phone while this page is open. Other phones go on as the sandbox is set.",
};

export function createWorld({ sandbox, store, holder }) {
  const state = byId("line-set");
  const owed = byId("line-amount");
  const answer = byId("answer-set");

  async function setLine() {
    const { msisdn, line } = store.get();
    const balance_minor = sign(state.value) * read(owed.value || "0", line);
    await sandbox.setLine(msisdn, { state: state.value, balance_minor });
    owed.value = "";
  }

  async function setWallet() {
    const { msisdn, wallet } = store.get();
    await sandbox.setWallet(msisdn, { balance_minor: read(byId("wallet-amount").value, wallet) });
    byId("wallet-amount").value = "";
  }

  /** Do it, and say what hindered it. */
  function attempt(deed) {
    say(byId("world-trouble"), "");
    return deed().catch((error) => {
      if (!(error instanceof SandboxTrouble)) throw error;
      say(byId("world-trouble"), error.message);
    });
  }

  onSubmit("line-form", () => void attempt(setLine));
  onSubmit("wallet-form", () => void attempt(setWallet));
  answer.addEventListener("change", () => void attempt(() => holder.answer(answer.value || null)));

  store.listen((now, before) => {
    const { line, wallet, promptAnswer, settings } = now;
    if (line && line.state !== before.line?.state) state.value = line.state;
    if (line) owed.placeholder = plain(line);
    say(byId("wallet-balance"), wallet ? shown(wallet.balance_minor, wallet.currency) : "");
    if (wallet) byId("wallet-amount").placeholder = plain(wallet);
    answer.disabled = promptAnswer === undefined;
    if (promptAnswer !== before.promptAnswer) answer.value = promptAnswer ?? "";
    say(byId("answer-hint"), hint(promptAnswer, settings));
  });
}

function hint(promptAnswer, settings) {
  if (promptAnswer !== null) return SENTENCES[promptAnswer] ?? "";
  return settings ? `Nothing is set for this phone. The sandbox answers with “${settings.prompt_answer}”.` : "";
}

function sign(state) {
  return state === "suspended" ? -1 : 1;
}

function read(text, money) {
  const minor = minorOf(text, money?.currency ?? "KES");
  if (minor === null) throw new SandboxTrouble("Write an amount such as 50 or 50.25.", { reached: true });
  return minor;
}

/** The digits alone: "50.00". */
function plain({ balance_minor, currency }) {
  return shown(Math.abs(balance_minor), currency).slice(currency.length + 1);
}

function onSubmit(form, deed) {
  byId(form).addEventListener("submit", (event) => {
    event.preventDefault();
    deed();
  });
}
