/** Command forms: reads them, sends them through the outbox, and says at each form what became of it. */

import { ask } from "./confirm.js";
import { findForm, fieldsOf, hasValue, isTouched, isWritten, nameForms, readForm, settle, textFieldsOf } from "./fields.js";
import { listRefused } from "./refused.js";
import { sensitiveIn } from "./sensitive.js";
import { t } from "./texts.js";
import { createUnderway } from "./underway.js";

/** ms; how long "Saved" stands at a button, and at a text: long enough to be found when one looks up from writing */
const RECEIPTS = { button: 4000, text: 30000 };
/** @typedef {import("./outbox.js").Entry} Entry @typedef {import("./outbox.js").Refusal} Refusal */

/** @param {import("./drafts.js").Drafts} drafts */
export function createForms(drafts) {
  /** The latest change that each form made and that others can see. @type {Map<string, number>} */
  const changes = new Map();
  /** What was refused and is in its form again: key of the form → key of the entry. @type {Map<string, string>} */
  const givenBack = new Map();
  /** The element itself: the same command may have a button in two places. @type {Map<string, HTMLFormElement>} */
  const pressed = new Map();
  const underway = createUnderway((entry) => formOf(entry.form));
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
    if (state === "saved" && !form.hasAttribute("data-seen")) {
      const time = textFieldsOf(form).length ? RECEIPTS.text : RECEIPTS.button;
      setTimeout(() => receipt.dataset.state === "saved" && tell(form, "", ""), time);
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

  /** Its text is somewhere else now. @param {Pick<Entry, "form" | "texts">} entry */
  function forgetDrafts(entry) {
    for (const [field, text] of Object.entries(entry.texts)) drafts.clear(entry.form, field, text);
  }

  /** @param {HTMLFormElement} form @param {HTMLElement | null} submitter @param {import("./outbox.js").Outbox} outbox */
  async function submit(form, submitter, outbox) {
    const question = form.getAttribute("data-confirm");
    if (question && !(await ask(question, submitter))) return;
    if (!(await maySend(form))) return;
    nameForms(form);
    clearErrors(form);
    const key = form.getAttribute("id") || "";
    pressed.set(key, form);
    const written = textFieldsOf(form).filter((field) => field.value);
    const texts = Object.fromEntries(written.map((field) => [field.name, field.value]));
    const before = givenBack.get(key);
    givenBack.delete(key);
    await outbox.add({ name: form.getAttribute("data-command") || "", args: readForm(form, submitter), form: key, texts });
    if (before) await outbox.dismiss(before);
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
        if (!(target instanceof Element)) return;
        if (target.getAttribute("aria-invalid") === "true") clearError(target);
        const form = target.closest("form");
        const key = (form && form.getAttribute("id")) || "";
        const before = givenBack.get(key);
        if (!form || !before) return;
        // Being mended it is a draft again.
        givenBack.delete(key);
        void drafts.keep(form).then(() => outbox.dismiss(before));
      });
    },

    refresh: underway.refresh,

    /** Safe in the outbox: what was written anew leaves its field, so that writing can go on. @param {Entry} entry @returns {boolean} */
    taken(entry) {
      const form = formOf(entry.form);
      if (form && keeps(form)) return false;
      forgetDrafts(entry);
      if (form) empty(form, entry);
      underway.add(entry);
      return true;
    },

    /** @param {Entry} entry @param {string} waitsFor */
    progress(entry, waitsFor) {
      const text = waitsFor || t("sending");
      const form = formOf(entry.form);
      if (form) tell(form, waitsFor ? "waiting" : "sending", text);
      underway.say(entry, text);
    },

    /** @param {Entry} entry @param {number} seq */
    saved(entry, seq) {
      underway.saved(entry, seq, t("saved"));
      forgetDrafts(entry);
      const form = formOf(entry.form);
      if (!form) return;
      changes.delete(entry.form);
      if (form.hasAttribute("data-seen")) changes.set(entry.form, seq);
      finish(form, entry);
      // Of several from one form the last one's receipt counts.
      if (!underway.waits(entry.form)) tell(form, "saved", t("saved"));
      const [, path] = /^go:(\/.*)$/.exec(form.getAttribute("data-after") || "") || [];
      if (path) setTimeout(() => location.assign(path), 50);
    },

    /** Another tab showed the same draft, and has sent it. @param {Pick<Entry, "form" | "texts">} entry */
    sentElsewhere(entry) {
      forgetDrafts(entry);
      const form = formOf(entry.form);
      if (!form) return;
      if (!keeps(form)) empty(form, entry);
      finish(form, entry);
    },

    /** @param {number} seq @param {number} count @param {number} of */
    seen(seq, count, of) {
      const [key] = Array.from(changes).find(([, latest]) => latest === seq) || [];
      const form = key && formOf(key);
      if (!form || receiptOf(form).dataset.state !== "saved") return;
      receiptOf(form).setAttribute("aria-live", "off"); // to read, not to hear forty times
      receiptOf(form).textContent = t("seen", { n: count, of });
    },

    /** @param {Entry} entry @param {Refusal} error @param {import("./outbox.js").Outbox} outbox */
    refused(entry, error, outbox) {
      underway.remove(entry);
      const form = formOf(entry.form);
      if (form && giveBack(form, entry.texts)) {
        givenBack.set(entry.form, entry.key);
        takeNewVersion(form, error);
        showError(form, error);
        void drafts.keep(form);
        return;
      }
      forgetDrafts(entry);
      if (form) tell(form, "", "");
      listRefused(entry, error, outbox);
    },

    /** A form has gone with text in it. @param {import("./patch.js").Lost} lost @param {import("./outbox.js").Outbox} outbox */
    lost({ key, texts }, outbox) {
      const form = formOf(key);
      if (form && giveBack(form, texts)) return;
      const before = outbox.refused.find((entry) => entry.key === givenBack.get(key));
      givenBack.delete(key);
      if (before && before.error) return listRefused(before, before.error, outbox);
      const sent = outbox.waiting.some((entry) => Object.entries(texts).every(([name, text]) => entry.texts[name] === text));
      if (!sent) void outbox.keep({ name: "", args: {}, form: key, texts }, t("form_gone"));
    },

    /** @param {HTMLFormElement} form */
    restored(form) {
      tell(form, "waiting", t("restored"));
    },
  };
}

/** What looks like something personal is sent only when its writer says so. @param {HTMLFormElement} form */
async function maySend(form) {
  const areas = textFieldsOf(form).filter((field) => field instanceof HTMLTextAreaElement && isTouched(field));
  const found = areas.map((field) => sensitiveIn(field.value)).find((kinds) => kinds.length);
  if (!found) return true;
  const what = found.map((kind) => t(`looks_like_${kind}`)).join(", ");
  return ask(t("looks_like", { what }), null, { yes: t("send_all_the_same"), no: t("mend_it") });
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

/** What is written there is changed again and again: it stays when it is saved. Elsewhere the next one is written. @param {Element} form */
function keeps(form) {
  const after = form.getAttribute("data-after");
  return after === "keep" || (after !== "clear" && !textFieldsOf(form).some((field) => field instanceof HTMLTextAreaElement));
}

/** Of what was sent; what has been typed since stays. @param {Element} form @param {Pick<Entry, "texts">} entry */
function empty(form, { texts }) {
  for (const field of textFieldsOf(form)) if (field.defaultValue === "" && field.value === texts[field.name]) field.value = "";
}

/**
 * Saved: what stays in its field is the server's again. What has been typed since it was sent is not.
 * @param {Element} form @param {Pick<Entry, "texts">} entry
 */
function finish(form, entry) {
  const texts = textFieldsOf(form);
  const keep = keeps(form);
  for (const field of texts) {
    if (field.value === (entry.texts[field.name] || "") && (keep || field.defaultValue !== "")) settle(field);
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

/** @param {Element} form  whose newer version patch.js has held back */
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
