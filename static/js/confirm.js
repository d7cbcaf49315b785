/** Asks before something that is hard to take back: one dialog for the whole page. */

import { t } from "./texts.js";

/** @type {HTMLDialogElement | undefined} */
let dialog;

/**
 * @param {string} question
 * @param {HTMLElement | null} [button]  what was pressed: its words say best what "yes" does
 * @param {{yes?: string, no?: string}} [words]  where there are better ones
 * @returns {Promise<boolean>}
 */
export function ask(question, button, words = {}) {
  if (typeof HTMLDialogElement === "undefined") return Promise.resolve(window.confirm(question));
  const box = (dialog = dialog || build());
  const [text, yes, no] = /** @type {HTMLElement[]} */ (Array.from(box.querySelectorAll("p, button")));
  text.textContent = question;
  yes.textContent = words.yes || (button && (button.textContent || "").trim()) || t("yes");
  no.textContent = words.no || t("no");
  return new Promise((resolve) => {
    box.onclose = () => resolve(box.returnValue === "yes");
    yes.onclick = () => box.close("yes");
    no.onclick = () => box.close("no");
    box.returnValue = ""; // Escape leaves it as it is
    box.showModal();
    no.focus();
  });
}

/** @returns {HTMLDialogElement} */
function build() {
  const box = document.createElement("dialog");
  box.className = "confirm";
  box.setAttribute("data-client", "");
  box.setAttribute("aria-labelledby", "confirm-question");
  const text = document.createElement("p");
  text.id = "confirm-question";
  const buttons = document.createElement("div");
  buttons.className = "confirm-buttons";
  buttons.append(makeButton("confirm-yes"), makeButton("confirm-no"));
  box.append(text, buttons);
  document.body.append(box);
  return box;
}

/** @param {string} name */
function makeButton(name) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = name;
  return button;
}
