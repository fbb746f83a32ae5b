/** Who holds the phone: people with ready lines, lines made here, and any other number. */

import { byId, say } from "../dom.js";
import { ownNumbers, rememberNumber } from "../memory.js";
import { shown } from "../money.js";
import { e164, newNumber, spaced } from "../numbers.js";
import { OWES_50, READY } from "../ready.js";
import { SandboxTrouble } from "../sandbox.js";
import { lineInWords } from "../words.js";

export function createPeople({ sandbox, store, holder, shortCodes, focusPhone }) {
  const list = byId("people");
  const lines = new Map();
  const others = () => ownNumbers().map((msisdn) => ({ msisdn, name: "Another line" }));
  const people = () => [...READY, ...others()];

  /** Rows stay where they are while their people do, so that the focus stays in them. */
  function draw() {
    const wanted = people();
    const rows = [...list.querySelectorAll(".person")];
    const isSame = wanted.map(({ msisdn }) => msisdn).join() === rows.map((row) => row.dataset.msisdn).join();
    if (!isSame) list.replaceChildren(list.querySelector("legend"), ...wanted.map(newRow));
    for (const row of list.querySelectorAll(".person")) bringUpToDate(row);
  }

  function newRow(person) {
    const row = byId("person").content.firstElementChild.cloneNode(true);
    row.dataset.msisdn = person.msisdn;
    row.querySelector("input").addEventListener("change", () => take(person));
    say(row.querySelector(".name"), person.name);
    say(row.querySelector(".number"), spaced(person.msisdn));
    return row;
  }

  function bringUpToDate(row) {
    const line = lines.get(row.dataset.msisdn);
    const badge = row.querySelector(".badge");
    row.querySelector("input").checked = row.dataset.msisdn === store.get().msisdn;
    badge.dataset.state = line?.state ?? "";
    badge.title = line && line.state !== "gone" ? shown(line.balance_minor, line.currency) : "";
    say(badge, line ? lineInWords(line.state) : "");
  }

  function take({ msisdn, name }) {
    holder.take({ msisdn, name });
    draw();
  }

  /** See how everybody's line is. */
  async function look() {
    await Promise.all(people().map(async ({ msisdn }) => lines.set(msisdn, await sandbox.line(msisdn))));
    draw();
  }

  /** Give the phone to a number that may be new here. */
  function takeNumber(msisdn) {
    if (!READY.some((person) => person.msisdn === msisdn)) rememberNumber(msisdn);
    take(people().find((person) => person.msisdn === msisdn));
    focusPhone();
  }

  async function makeLine() {
    const msisdn = newNumber();
    lines.set(msisdn, await sandbox.setLine(msisdn, OWES_50));
    takeNumber(msisdn);
  }

  async function takeOther() {
    const msisdn = e164(byId("other").value);
    if (!msisdn) return say(byId("people-trouble"), "Write the number with its country, such as +254711000005.");
    lines.set(msisdn, await sandbox.line(msisdn));
    byId("other").value = "";
    takeNumber(msisdn);
  }

  /** Do it, and say what hindered it. */
  function attempt(deed) {
    say(byId("people-trouble"), "");
    return deed().catch((error) => {
      if (!(error instanceof SandboxTrouble)) throw error;
      say(byId("people-trouble"), error.message);
    });
  }

  byId("new-line").addEventListener("click", () => void attempt(makeLine));
  byId("other-number").addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(takeOther);
  });
  offerCodes(store, shortCodes);

  store.listen((state, before) => {
    if (state.promptAnswer !== undefined && before.promptAnswer === undefined) void attempt(look);
    if (state.line && state.line !== before.line) {
      lines.set(state.msisdn, state.line);
      draw();
    }
  });

  return { begin: () => take(READY[0]) };
}

function offerCodes(store, shortCodes) {
  const select = byId("code");
  select.replaceChildren(...shortCodes.map((code) => new Option(code, code)));
  select.addEventListener("change", () => store.set({ code: select.value }));
  byId("code-row").hidden = shortCodes.length < 2;
}
