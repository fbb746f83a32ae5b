/** Who holds the phone: people with ready lines, lines made here, and any other number. */

import { byId, say } from "../dom.js";
import { ownNumbers, rememberNumber } from "../memory.js";
import { shown } from "../money.js";
import { e164, newNumber, spaced } from "../numbers.js";
import { SandboxTrouble } from "../sandbox.js";
import { lineInWords } from "../words.js";

const OWES_50 = { state: "suspended", balance_minor: -5000, currency: "KES" };

// Those whom the sandbox has not met yet are introduced with these lines; later their lines are what became of them.
const READY = [
  { msisdn: "+254711000001", name: "Amina", line: OWES_50 },
  { msisdn: "+254711000002", name: "Brian", line: { state: "active", balance_minor: 12000, currency: "KES" } },
  { msisdn: "+254711000003", name: "Chebet", line: { state: "barred", balance_minor: 0, currency: "KES" } },
  { msisdn: "+254711000004", name: "Daudi", line: { state: "gone", balance_minor: 0, currency: "KES" } },
];

export function createPeople({ sandbox, store, holder, shortCodes, focusPhone }) {
  const list = byId("people");
  const lines = new Map();
  let met = false;

  const people = () => [...READY, ...ownNumbers().map((msisdn) => ({ msisdn, name: "Own line" }))];

  function draw() {
    const { msisdn: held } = store.get();
    list.replaceChildren(list.querySelector("legend"), ...people().map((person) => row(person, held)));
  }

  function row(person, held) {
    const label = byId("person").content.firstElementChild.cloneNode(true);
    const radio = label.querySelector("input");
    radio.value = person.msisdn;
    radio.checked = person.msisdn === held;
    radio.addEventListener("change", () => take(person));
    say(label.querySelector(".name"), person.name);
    say(label.querySelector(".number"), spaced(person.msisdn));
    badge(label.querySelector(".badge"), lines.get(person.msisdn));
    return label;
  }

  function badge(element, line) {
    element.dataset.state = line?.state ?? "";
    say(element, line ? lineInWords(line.state) : "");
    element.title = line && line.state !== "gone" ? shown(line.balance_minor, line.currency) : "";
  }

  function take({ msisdn, name }) {
    holder.take({ msisdn, name });
    draw();
  }

  /** Introduce whom the sandbox has not met, and see how everybody's line is. */
  async function meet() {
    const known = new Set(await sandbox.phones());
    for (const { msisdn, line } of READY) {
      if (!known.has(msisdn)) await sandbox.setLine(msisdn, line);
    }
    await Promise.all(people().map(async ({ msisdn }) => lines.set(msisdn, await sandbox.line(msisdn))));
    draw();
  }

  async function makeLine() {
    const msisdn = newNumber();
    lines.set(msisdn, await sandbox.setLine(msisdn, OWES_50));
    rememberNumber(msisdn);
    take({ msisdn, name: "Own line" });
    focusPhone();
  }

  async function takeOther() {
    const msisdn = e164(byId("other").value);
    if (!msisdn) return say(byId("people-trouble"), "Write the number with its country, such as +254711000005.");
    lines.set(msisdn, await sandbox.line(msisdn));
    rememberNumber(msisdn);
    take(people().find((person) => person.msisdn === msisdn));
    byId("other").value = "";
    focusPhone();
  }

  /** Do it, and say what hindered it. */
  function attempt(deed) {
    say(byId("people-trouble"), "");
    return deed().catch((error) => {
      if (!(error instanceof SandboxTrouble)) throw error;
      say(byId("people-trouble"), error.message);
    });
  }

  byId("new-line").addEventListener("click", () => attempt(makeLine));
  byId("other-number").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(takeOther);
  });
  offerCodes(store, shortCodes);

  store.listen((state, before) => {
    if (state.network === "up" && !met) {
      met = true;
      attempt(meet);
    }
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
