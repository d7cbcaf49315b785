/**
 * One's own anonymous contributions. The server does not know whose they are: the id of the command that made one is the key to
 * edit or withdraw it, and is kept nowhere but here. Signing out, or another browser, and the key is gone: that is the point.
 *
 * @typedef {{key: string, scope: string, contribution: string, made_by: string, text: string}} Own
 * @typedef {import("./outbox.js").Entry} Entry
 */

import { fieldsOf, isTouched, nameForms } from "./fields.js";

/** @param {import("./store.js").Store} store @param {string} scope */
export function createOwn(store, scope) {
  /** @type {Map<string, {own: Own, element: Element | null}>} */
  const mine = new Map();

  /** @param {Own} own */
  function show(own) {
    const template = document.getElementById("own-anonymous");
    const list = document.getElementById("own-anonymous-list");
    const first = template instanceof HTMLTemplateElement ? template.content.firstElementChild : null;
    /** @type {Element | null} */
    let element = null;
    if (list && first) {
      element = /** @type {Element} */ (document.importNode(first, true));
      element.setAttribute("data-client", "");
      for (const form of Array.from(element.querySelectorAll("form[data-command]"))) {
        write(form, "contribution", own.contribution);
        write(form, "made_by", own.made_by);
        write(form, "text", own.text);
      }
      nameForms(element);
      list.append(element);
    }
    mine.set(own.contribution, { own, element });
    refresh();
  }

  /** What this browser knows to be mine is not mine to endorse: anonymous, or under my name or my delegation's. */
  function markMine() {
    const known = Array.from(document.querySelectorAll("[data-own]"), (each) => each.getAttribute("data-own") || "");
    for (const contribution of [...mine.keys(), ...known]) {
      const card = document.querySelector(`[data-contribution="${CSS.escape(contribution)}"]`);
      const actions = card && card.querySelector(".card-actions");
      if (actions instanceof HTMLElement && !actions.hidden) actions.hidden = true;
    }
  }

  /** The version to edit is the one on the page; and the section is there when there is something in it. */
  function refresh() {
    markMine();
    for (const { own, element } of mine.values()) {
      if (!element) continue;
      const card = document.querySelector(`[data-contribution="${CSS.escape(own.contribution)}"]`);
      const version = (card && card.getAttribute("data-version")) || "1";
      element.querySelectorAll("form[data-command]").forEach((form) => write(form, "version", version));
      const words = element.querySelector("[data-own-text]");
      if (words && words.textContent !== own.text) words.textContent = own.text;
    }
    const list = document.getElementById("own-anonymous-list");
    const section = list && list.closest("section");
    if (section) section.hidden = !mine.size;
  }

  return {
    refresh,

    async start() {
      for (const own of /** @type {Own[]} */ (await store.all("own", scope))) if (!mine.has(own.contribution)) show(own);
    },

    get size() {
      return mine.size;
    },

    /** @param {Entry} entry @param {any} result of the acknowledged command */
    async saved(entry, result) {
      const { args } = entry;
      if (entry.name === "add_contribution" && args.anonymity === "anonymous" && result && result.id) {
        const contribution = String(result.id);
        const own = { key: `${scope} ${contribution}`, scope, contribution, made_by: entry.key, text: String(args.text) };
        await store.put("own", own);
        if (!mine.has(contribution)) show(own);
        return;
      }
      const kept = mine.get(String(args.contribution));
      if (!kept || args.made_by !== kept.own.made_by) return;
      if (entry.name === "withdraw_contribution") {
        mine.delete(kept.own.contribution);
        if (kept.element) kept.element.remove();
        await store.remove("own", kept.own.key);
      } else if (entry.name === "edit_contribution") {
        kept.own.text = String(args.text);
        await store.put("own", kept.own);
      }
      refresh();
    },
  };
}

/** @param {Element} form @param {string} name @param {string} value */
function write(form, name, value) {
  for (const field of fieldsOf(form)) {
    if (field.name !== name || isTouched(field) || field instanceof HTMLSelectElement) continue;
    field.defaultValue = value; // of a hidden input, this is its value
  }
}
