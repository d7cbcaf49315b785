/** button[data-copy="#id"] copies that element's text. */

import { say } from "./announce.js";
import { t } from "./texts.js";

/** ms */
const SHOWN = 2000;

export function startCopying() {
  document.addEventListener("click", async ({ target }) => {
    const button = target instanceof Element && target.closest("button[data-copy]");
    const source = button && document.querySelector(button.getAttribute("data-copy") || "");
    if (!button || !source || button.hasAttribute("data-copied")) return;
    const isField = source instanceof HTMLInputElement || source instanceof HTMLTextAreaElement;
    if (!(await copy(isField ? source.value : (source.textContent || "").trim()))) return;
    const label = button.textContent;
    button.setAttribute("data-copied", "");
    button.textContent = t("copied");
    say(t("copied"));
    setTimeout(() => {
      button.removeAttribute("data-copied");
      button.textContent = label;
    }, SHOWN);
  });
}

/** @param {string} text @returns {Promise<boolean>} */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard without https: the old way, through a field.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    const active = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (active instanceof HTMLElement) active.focus({ preventScroll: true });
    return done;
  }
}
