/**
 * Holds the page still for whoever needs more time to read: what changes meanwhile waits, and is shown when they let it go on.
 */

import { t } from "./texts.js";

/** @param {(regions: Record<string, string>, reset: boolean) => void} show */
export function createHold(show) {
  const box = document.getElementById("hold");
  const bar = document.getElementById("held");
  const button = bar && bar.querySelector("button");
  /** @type {Record<string, string>} */
  let waiting = {};
  let all = false;
  let changes = 0;
  let held = false;

  function paint() {
    if (bar) bar.hidden = !held;
    if (button) button.textContent = t("held_back", { n: changes });
    if (box instanceof HTMLInputElement) box.checked = held;
  }

  function goOn() {
    held = false;
    const [regions, reset] = [waiting, all];
    [waiting, all, changes] = [{}, false, 0];
    show(regions, reset);
    paint();
  }

  if (box instanceof HTMLInputElement) {
    box.checked = false;
    box.addEventListener("change", () => {
      held = box.checked;
      if (held) paint();
      else goOn();
    });
  }
  if (button) button.addEventListener("click", goOn);

  return {
    /** @param {Record<string, string>} regions @param {boolean} reset */
    put(regions, reset) {
      if (!held) return show(regions, reset);
      if (reset) waiting = {};
      Object.assign(waiting, regions);
      all = all || reset;
      changes += Object.keys(regions).length ? 1 : 0;
      paint();
    },
  };
}
