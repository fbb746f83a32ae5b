/** The phone itself: which view stands on its screen, and what its keys do there. */

import { byId, eraseFrom, say, typeInto } from "./dom.js";
import { listenToKeys } from "./keys.js";
import { isShown, openPrompt } from "./store.js";
import { createCall } from "./views/call.js";
import { createCompose } from "./views/compose.js";
import { createHome } from "./views/home.js";
import { createInbox } from "./views/inbox.js";
import { createMessage } from "./views/message.js";
import { createPrompt } from "./views/prompt.js";

/**
 * A view is
 *   element      its section of the page
 *   field        what typed characters go into, if anything does
 *   entered()    it has just come to the front (optional)
 *   render(state, before)
 *   soft(state)  the words and deeds of the soft keys: {left: [word, deed], right: [word, deed]}
 *   call()       the green key
 *   hangUp()     the red key
 *   key(char)    a key of its own meaning; false leaves it to the field (optional)
 */
export function createHandset({ store, calls, smsCode }) {
  const context = { store, calls, smsCode };
  const views = {
    home: createHome(context),
    call: createCall(context),
    inbox: createInbox(context),
    message: createMessage(context),
    compose: createCompose(context),
    prompt: createPrompt(context),
  };
  const softKeys = { left: byId("soft-left"), right: byId("soft-right") };
  const phone = byId("handset");
  let front = null;

  function focus() {
    (isUsable(front.field) ? front.field : front.element).focus({ preventScroll: true });
  }

  function render(state, before) {
    const view = views[nameOfFront(state)];
    const isNew = view !== front;
    const wasHere = phone.contains(document.activeElement);
    front = view;
    for (const each of Object.values(views)) each.element.hidden = each !== view;
    if (isNew) view.entered?.(state);
    view.render(state, before);
    label(view.soft(state));
    if (isNew ? wasHere || document.activeElement === document.body : wasHere && isAdrift()) focus();
  }

  /** What had the focus was put away, or the field that it waited for is there. Nobody is called from elsewhere. */
  function isAdrift() {
    const active = document.activeElement;
    return active.offsetParent === null || (active === front.element && isUsable(front.field));
  }

  function label(soft) {
    for (const side of ["left", "right"]) {
      const [word, deed] = soft[side] ?? ["", null];
      say(byId(`soft-${side}-word`), word);
      softKeys[side].setAttribute("aria-label", word || `No ${side} soft key`);
      // Not "disabled": a key that is would lose the focus of whoever pressed it.
      softKeys[side].setAttribute("aria-disabled", String(!deed));
      softKeys[side].onclick = deed;
    }
  }

  function press(character) {
    if (!phone.contains(document.activeElement)) focus();
    if (front.key?.(character)) return;
    if (isUsable(front.field)) typeInto(front.field, character);
  }

  for (const button of document.querySelectorAll("[data-erase]")) {
    const field = byId(button.dataset.erase);
    button.addEventListener("click", () => eraseFrom(field));
    field.addEventListener("input", () => (button.hidden = !field.value));
  }

  listenToKeys({
    press,
    call: () => front.call(),
    hangUp: () => front.hangUp(),
    erase: () => isUsable(front.field) && eraseFrom(front.field),
  });
  store.listen(render);
  return { focus };
}

function nameOfFront(state) {
  // A phone takes no prompt while a call waits for its answer.
  if (openPrompt(state) && !state.waiting && !state.trouble) return "prompt";
  if (state.waiting || state.trouble || isShown(state.screen)) return "call";
  return state.place.view;
}

function isUsable(field) {
  return Boolean(field) && !field.disabled && field.offsetParent !== null;
}
