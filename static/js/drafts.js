/** What is typed and not sent, kept in this browser for this person: it survives a reload, a closed tab, a dead battery. */

import { commandForms, formKey, isTouched, isWritten, textFieldsOf } from "./fields.js";

/** ms after the last key */
const PAUSE = 300;

/**
 * @typedef {{key: string, scope: string, form: string, field: string, text: string}} Draft
 * @param {import("./store.js").Store} store @param {string} scope
 * @param {(form: HTMLFormElement) => void} onRestored
 */
export function createDrafts(store, scope, onRestored) {
  /** What is in the store, and what is about to be: by form and field. @type {Map<string, Draft>} */
  const drafts = new Map();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  const timers = new Map();

  /** @param {string} form @param {string} field */
  const keyOf = (form, field) => `${scope} ${form} ${field}`;

  /** @param {import("./fields.js").TextField} field */
  function note(field) {
    const form = field.closest("form[data-command]");
    if (!form || !field.name) return;
    const key = keyOf(formKey(form), field.name);
    if (isTouched(field) && field.value) {
      drafts.set(key, { key, scope, form: formKey(form), field: field.name, text: field.value });
    } else drafts.delete(key);
    clearTimeout(timers.get(key));
    timers.set(key, setTimeout(() => void write(key), PAUSE));
  }

  /** @param {string} key */
  async function write(key) {
    clearTimeout(timers.get(key));
    timers.delete(key);
    const draft = drafts.get(key);
    await (draft ? store.put("drafts", draft) : store.remove("drafts", key));
  }

  const writeAll = () => Promise.all(Array.from(timers.keys(), write));

  return {
    async start() {
      for (const draft of await store.all("drafts", scope)) if (!drafts.has(draft.key)) drafts.set(draft.key, draft);
      document.addEventListener("input", ({ target }) => {
        if (target instanceof Element && isWritten(target)) note(target);
      });
      document.addEventListener("visibilitychange", () => document.hidden && void writeAll());
      window.addEventListener("pagehide", () => void writeAll());
      // Typed while the scripts were loading.
      commandForms(document.body).flatMap(textFieldsOf).filter(isTouched).forEach(note);
      this.restore(document.body);
    },

    /** Into fields that nobody has touched since. @param {Element} root */
    restore(root) {
      if (!drafts.size) return;
      for (const form of commandForms(root)) {
        let restored = false;
        for (const field of textFieldsOf(form)) {
          const draft = drafts.get(keyOf(formKey(form), field.name));
          if (!draft || isTouched(field) || draft.text === field.value) continue;
          field.value = draft.text;
          restored = true;
        }
        if (restored) onRestored(form);
      }
    },

    /** Without waiting for a pause: its text is about to be nowhere else. @param {HTMLFormElement} form */
    async keep(form) {
      textFieldsOf(form).forEach(note);
      await writeAll();
    },

    /** Saved, or kept elsewhere. What has been typed since stays. @param {string} form @param {string} field @param {string} text */
    clear(form, field, text) {
      const key = keyOf(form, field);
      const draft = drafts.get(key);
      if (draft && draft.text !== text) return;
      drafts.delete(key);
      void write(key);
    },
  };
}

/** @typedef {ReturnType<typeof createDrafts>} Drafts */
