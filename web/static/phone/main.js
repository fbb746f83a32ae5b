/** The wiring: what the page was told, its parts, and whom the phone belongs to at first. */

import { createCalls } from "./calls.js";
import { byId } from "./dom.js";
import { createHandset } from "./handset.js";
import { createHolder } from "./holder.js";
import { keepJournal } from "./panels/journal.js";
import { createPeople } from "./panels/people.js";
import { createWorld } from "./panels/world.js";
import { createSandbox } from "./sandbox.js";
import { showStatus } from "./status.js";
import { createStore, EMPTY } from "./store.js";

const told = document.body.dataset;
const shortCodes = told.shortCodes.split(" ").filter(Boolean);

const store = createStore({ ...EMPTY, code: shortCodes[0] ?? "" });
const sandbox = createSandbox(told.sandbox);
const holder = createHolder({ sandbox, store });
const calls = createCalls({ sandbox, store, holder });

showStatus(store);
keepJournal(store);
const handset = createHandset({ store, calls, smsCode: told.smsCode });
const people = createPeople({ sandbox, store, holder, shortCodes, focusPhone: handset.focus });
createWorld({ sandbox, store, holder });

people.begin();
byId("handset").dataset.ready = "yes";
