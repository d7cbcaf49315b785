/** Command forms: reads them, sends them through the outbox, and says at each form what became of it. */

import { ask } from "./confirm.js";
import { findForm, fieldsOf, hasValue, isTouched, isWritten, nameForms, readForm, settle, textFieldsOf } from "./fields.js";
import { listRefused } from "./refused.js";
import { t } from "./texts.js";

/** ms; a button's "Saved" is read in less */
const BUTTON_RECEIPT = 4000;
/** So many sent changes are remembered for "seen by". */
const REMEMBERED = 50;

/** @typedef {import("./outbox.js").Entry} Entry @typedef {import("./outbox.js").Refusal} Refusal */

/** @param {import("./drafts.js").Drafts} drafts */
export function createForms(drafts) {
  /** Which form made which change. @type {Map<number, string>} */
  const changes = new Map();
  /** The element itself: the same command may have a button in two places. @type {Map<string, HTMLFormElement>} */
  const pressed = new Map();
  let messages = 0;

  /** @param {string} key @returns {HTMLFormElement | null} */
  function formOf(key) {
    const form = pressed.get(key);
    if (form && form.isConnected && form.getAttribute("id") === key) return form;
    pressed.delete(key);
    return findForm(key);
  }

  /** @param {Element} form @param {"sending" | "waiting" | "saved" | "refused" | ""} state @param {string} text */
  function tell(form, state, text) {
    const receipt = receiptOf(form);
    if (receipt.dataset.state === state && receipt.textContent === text) return receipt;
    receipt.dataset.state = state;
    receipt.setAttribute("aria-live", "polite");
    receipt.textContent = text;
    if (state === "saved" && !textFieldsOf(form).length) {
      setTimeout(() => receipt.dataset.state === "saved" && tell(form, "", ""), BUTTON_RECEIPT);
    }
    return receipt;
  }

  /** @param {HTMLFormElement} form @param {Refusal} error */
  function showError(form, error) {
    const receipt = tell(form, "refused", "");
    // The id is on a child of the receipt: morphing would take a receipt with an id for another element.
    const message = document.createElement("span");
    message.id = `message-${(messages += 1)}`;
    message.textContent = error.message || t("refused");
    receipt.append(message);
    for (const field of fieldsOf(form)) {
      if (!error.field || field.name !== error.field || field.type === "hidden") continue;
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", message.id);
    }
  }

  /** @param {HTMLFormElement} form @param {HTMLElement | null} submitter @param {import("./outbox.js").Outbox} outbox */
  async function submit(form, submitter, outbox) {
    const question = form.getAttribute("data-confirm");
    if (question && !(await ask(question, submitter))) return;
    nameForms(form);
    clearErrors(form);
    pressed.set(form.getAttribute("id") || "", form);
    const written = textFieldsOf(form).filter((field) => field.value);
    const texts = Object.fromEntries(written.map((field) => [field.name, field.value]));
    await outbox.add({
      name: form.getAttribute("data-command") || "",
      args: readForm(form, submitter),
      form: form.getAttribute("id") || "",
      texts,
    });
  }

  return {
    /** @param {import("./outbox.js").Outbox} outbox */
    start(outbox) {
      document.addEventListener("submit", (event) => {
        const form = event.target;
        if (event.defaultPrevented || !(form instanceof HTMLFormElement) || !form.matches("form[data-command]")) return;
        event.preventDefault();
        void submit(form, event.submitter || null, outbox);
      });
      document.addEventListener("input", ({ target }) => {
        if (target instanceof Element && target.getAttribute("aria-invalid") === "true") clearError(target);
      });
    },

    /** @param {Entry} entry @param {boolean} going */
    progress(entry, going) {
      const form = formOf(entry.form);
      if (form) tell(form, going ? "sending" : "waiting", t(going ? "sending" : "waiting"));
    },

    /** @param {Entry} entry */
    signedOut(entry) {
      const form = formOf(entry.form);
      if (form) tell(form, "waiting", t("signed_out_kept"));
    },

    /** @param {Entry} entry @param {number} seq */
    saved(entry, seq) {
      for (const [field, text] of Object.entries(entry.texts)) drafts.clear(entry.form, field, text);
      const form = formOf(entry.form);
      if (!form) return;
      changes.set(seq, entry.form);
      if (changes.size > REMEMBERED) changes.delete(changes.keys().next().value || 0);
      finish(form, entry);
      tell(form, "saved", t("saved"));
      const [, path] = /^go:(\/.*)$/.exec(form.getAttribute("data-after") || "") || [];
      if (path) setTimeout(() => location.assign(path), 50);
    },

    /** Another tab showed the same draft, and has sent it. @param {Pick<Entry, "form" | "texts">} entry */
    savedElsewhere(entry) {
      for (const [field, text] of Object.entries(entry.texts)) drafts.clear(entry.form, field, text);
      const form = formOf(entry.form);
      if (form) finish(form, entry);
    },

    /** @param {number} seq @param {number} count @param {number} of */
    seen(seq, count, of) {
      const form = formOf(changes.get(seq) || "");
      if (!form || receiptOf(form).dataset.state !== "saved") return;
      receiptOf(form).setAttribute("aria-live", "off"); // to read, not to hear forty times
      receiptOf(form).textContent = t("seen", { n: count, of });
    },

    /** @param {Entry} entry @param {Refusal} error @param {import("./outbox.js").Outbox} outbox @returns {boolean} shown at its form */
    refused(entry, error, outbox) {
      const form = formOf(entry.form);
      if (form && giveBack(form, entry.texts)) {
        takeNewVersion(form, error);
        showError(form, error);
        return true;
      }
      // Without text there is nothing to keep beyond the message.
      const keep = Object.keys(entry.texts).length > 0;
      for (const [field, text] of Object.entries(entry.texts)) drafts.clear(entry.form, field, text);
      if (form) tell(form, "", "");
      listRefused(entry, error, () => keep && outbox.dismiss(entry.key));
      return !keep;
    },

    /** A form has gone with text in it. @param {import("./patch.js").Lost} lost @param {import("./outbox.js").Outbox} outbox */
    lost({ key, texts }, outbox) {
      const form = formOf(key);
      if (form && giveBack(form, texts)) return;
      const sent = outbox.waiting.some((entry) => Object.entries(texts).every(([name, text]) => entry.texts[name] === text));
      if (!sent) void outbox.keep({ name: "", args: {}, form: key, texts }, t("form_gone"));
    },

    /** @param {HTMLFormElement} form */
    restored(form) {
      tell(form, "waiting", t("restored"));
    },
  };
}

/** @param {Element} form @returns {HTMLOutputElement} */
function receiptOf(form) {
  const there = form.querySelector("output.receipt");
  if (there instanceof HTMLOutputElement) return there;
  const receipt = document.createElement("output");
  receipt.className = "receipt";
  receipt.setAttribute("role", "status");
  receipt.setAttribute("data-client", "");
  form.append(receipt);
  return receipt;
}

/**
 * After it is saved: empty what was written anew; what was changed stays as it is, and is the server's again. What has been typed
 * since it was sent is neither.
 * @param {HTMLFormElement} form
 * @param {Pick<Entry, "texts">} entry
 */
function finish(form, entry) {
  const texts = textFieldsOf(form);
  const after = form.getAttribute("data-after");
  const keep = after === "keep" || (after !== "clear" && !texts.some((field) => field instanceof HTMLTextAreaElement));
  for (const field of texts) {
    if (field.value !== (entry.texts[field.name] || "")) continue;
    if (!keep && field.defaultValue === "") field.value = "";
    else settle(field);
  }
  if (keep) fieldsOf(form).filter((field) => !isWritten(field)).forEach(settle);
  if (!texts.some(isTouched)) takeVersion(form);
}

/** @param {HTMLFormElement} form @param {Record<string, string>} texts @returns {boolean} every text is in its field again */
function giveBack(form, texts) {
  const fields = textFieldsOf(form);
  const places = Object.entries(texts).map(([name, text]) => ({ text, field: fields.find((field) => field.name === name) }));
  if (!places.every(({ field, text }) => field && (field.value === text || !isTouched(field)))) return false;
  for (const { field, text } of places) if (field && field.value !== text) field.value = text;
  return true;
}

/**
 * Told that somebody else was faster, the writer may now replace that text knowingly.
 * @param {HTMLFormElement} form @param {Refusal} error
 */
function takeNewVersion(form, error) {
  if (error.code === "stale" || error.code === "conflict") takeVersion(form);
}

/** @param {HTMLFormElement} form  whose newer version patch.js has held back */
function takeVersion(form) {
  for (const field of fieldsOf(form)) {
    if (!field.dataset.latest) continue;
    field.value = field.dataset.latest;
    delete field.dataset.latest;
  }
}

/** @param {HTMLFormElement} form */
function clearErrors(form) {
  fieldsOf(form).filter((field) => field.getAttribute("aria-invalid") === "true").forEach(clearError);
}

/** @param {Element} field */
function clearError(field) {
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-describedby");
}

/** @returns {boolean} somebody has typed or chosen something that a reload would lose, or is about to */
export function isBusy() {
  const active = document.activeElement;
  if (active && (hasValue(active) || active instanceof HTMLSelectElement)) return true;
  if (document.querySelector("dialog[open]")) return true;
  return Array.from(document.querySelectorAll("form[data-command]")).some((form) => fieldsOf(form).some(isTouched));
}
