/**
 * Signing out of a shared computer leaves nothing in this browser: `form[data-sign-out]`. Pages outside a workshop may load this
 * file alone.
 */

import { wipe } from "./store.js";

/** @type {() => Promise<boolean>} */
let mayLeave = async () => true;

/** @param {() => Promise<boolean>} ask  false: something would be lost, and the person would rather stay */
export function beforeSigningOut(ask) {
  mayLeave = ask;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || !form.matches("form[data-sign-out]")) return;
  event.preventDefault();
  void (async () => {
    if (!(await mayLeave())) return;
    await wipe();
    // Not through form.submit: that may be a field.
    HTMLFormElement.prototype.submit.call(form);
  })();
});
