/**
 * What has left its field and is not saved yet, each with its text and what it waits for: so that writing can go on while the line
 * is bad, and nobody has to wonder where the last one went.
 */

import { withoutMoving } from "./patch.js";

/** ms; on a good line it is saved before anything is shown */
const SOON = 400;

/** @typedef {import("./outbox.js").Entry} Entry */

/** @param {(entry: Entry) => Element | null} formOf */
export function createUnderway(formOf) {
  /** @type {Map<string, {entry: Entry, state: string, element: Element | null, seq?: number}>} */
  const items = new Map();

  /** At its form, or above everything where the form has gone. @param {Entry} entry @returns {Element | null} */
  function listOf(entry) {
    const form = formOf(entry);
    if (!form) return document.getElementById("underway");
    const there = form.querySelector("ul.underway");
    if (there) return there;
    const list = document.createElement("ul");
    list.className = "underway";
    list.setAttribute("data-client", "");
    form.append(list);
    return list;
  }

  function paint() {
    for (const item of items.values()) {
      const list = item.element && listOf(item.entry);
      if (!list || !item.element) continue;
      const [, state] = Array.from(item.element.children);
      if (state.textContent !== item.state) state.textContent = item.state;
      if (item.element.parentElement !== list) withoutMoving(() => list.append(/** @type {Element} */ (item.element)));
    }
  }

  /** @param {Entry} entry */
  function remove({ key }) {
    const item = items.get(key);
    items.delete(key);
    if (item && item.element) withoutMoving(() => /** @type {Element} */ (item.element).remove());
  }

  return {
    /** The page has changed: what is saved leaves this list when it is on the page. @param {number} last number on the page */
    refresh(last) {
      for (const { entry, seq } of items.values()) if (seq !== undefined && seq <= last) remove(entry);
      paint();
    },

    /** @param {Entry} entry */
    add(entry) {
      if (items.has(entry.key) || !Object.keys(entry.texts).length) return;
      const item = { entry, state: "", element: /** @type {Element | null} */ (null) };
      items.set(entry.key, item);
      setTimeout(() => {
        if (!items.has(entry.key)) return;
        item.element = build(entry);
        paint();
      }, SOON);
    },

    /** @param {Entry} entry @param {string} state  in words */
    say(entry, state) {
      const item = items.get(entry.key);
      if (item) item.state = state;
      paint();
    },

    /** @param {Entry} entry @param {number} seq @param {string} state  in words */
    saved(entry, seq, state) {
      const item = items.get(entry.key);
      if (item) item.seq = seq;
      this.say(entry, state);
    },

    /** Something from this form is not saved yet. @param {string} form */
    waits: (form) => Array.from(items.values()).some(({ entry, seq }) => entry.form === form && seq === undefined),

    remove,
  };
}

/** @param {Entry} entry */
function build(entry) {
  const item = document.createElement("li");
  item.setAttribute("data-client", "");
  const [text, state] = [document.createElement("p"), document.createElement("p")];
  text.className = "underway-text";
  text.textContent = Object.values(entry.texts).join("\n\n");
  state.className = "hint";
  item.append(text, state);
  return item;
}
