/**
 * Signing out of a shared computer leaves nothing in this browser: `form[data-sign-out]`. Pages outside a workshop may load this
 * file alone.
 */

import { wipe } from "./store.js";

/** @type {() => Promise<boolean>} */
let mayLeave = async () => true;

const windows = typeof BroadcastChannel === "function" ? new BroadcastChannel("facilitation sign-out") : null;
if (windows) windows.onmessage = () => void leaveNothing();

/** @param {() => Promise<boolean>} ask  false: something would be lost, and the person would rather stay */
export function beforeSigningOut(ask) {
  mayLeave = ask;
}

/** Signed out in another window: this one too shows nothing any more, and writes nothing. */
export async function leaveNothing() {
  await wipe();
  location.replace("/");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || !form.matches("form[data-sign-out]")) return;
  event.preventDefault();
  void (async () => {
    if (!(await mayLeave())) return;
    if (windows) windows.postMessage("");
    await wipe();
    // Not through form.submit: that may be a field.
    HTMLFormElement.prototype.submit.call(form);
  })();
});
