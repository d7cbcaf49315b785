/**
 * The interpreters' desk: Ctrl and Enter saves a translation and takes the next text, whose field has the focus then; where nothing
 * is written it takes the next text at once. Who begins to write takes the text. And how much is there in each language, counted
 * from what stands on the page.
 */

import { isTouched, isWritten } from "./fields.js";
import { uuid } from "./outbox.js";
import { t } from "./texts.js";

/** ms; a text is kept for whoever has taken it for five minutes, and taken again before that while they write */
const KEPT = 4 * 60_000;

/** Whether the next text is wanted once the translation is saved. */
let goOn = false;
/** What was begun last, and when. */
let begun = { what: "", at: 0 };

const meta = document.querySelector("meta[name=csrf-token]");
const csrf = (meta && meta.getAttribute("content")) || "";

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
  if (field instanceof Element && isWritten(field) && isTouched(field) && field.value.trim()) {
    if (!isTranslation(field.form)) return;
    event.preventDefault();
    goOn = true;
    field.form.requestSubmit();
    return;
  }
  event.preventDefault();
  takeNext();
});

document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLTextAreaElement && isTranslation(target.form) && isTouched(target)) void take(target.form);
});

document.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLSelectElement && isTranslation(target.form)) fill(target.form);
});

document.addEventListener("command-saved", (event) => {
  const { name, result } = /** @type {CustomEvent} */ (event).detail;
  if (name === "translate") {
    begun.what = "";
    Array.from(document.forms).filter(isTranslation).forEach(fill);
    if (goOn) takeNext();
    goOn = false;
  } else if (name === "take_next_translation" && result) {
    const field = /** @type {HTMLTextAreaElement | null} */ (document.getElementById(`translate-text-${result.subject}`));
    if (!field || !field.form) return;
    languageOf(field.form).value = result.lang;
    fill(field.form);
    field.focus();
    field.scrollIntoView({ block: "center" });
  }
});

/** @param {HTMLFormElement | null} form @returns {form is HTMLFormElement} */
function isTranslation(form) {
  return form !== null && form.dataset.command === "translate";
}

/** @param {HTMLFormElement} form */
function languageOf(form) {
  return /** @type {HTMLSelectElement} */ (form.elements.namedItem("lang"));
}

function takeNext() {
  const next = /** @type {HTMLFormElement | null} */ (document.querySelector('form[data-command="take_next_translation"]'));
  if (next) next.requestSubmit();
}

/** What is there in the chosen language stands in the field, to begin with. @param {HTMLFormElement} form */
function fill(form) {
  const field = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const machine = /** @type {HTMLInputElement} */ (form.elements.namedItem("machine"));
  if (isTouched(field)) return;
  const text = form.closest(".translating");
  const there = text && text.querySelector(`[data-translation="${languageOf(form).value}"]`);
  field.lang = languageOf(form).value;
  field.value = field.defaultValue = (there && there.textContent) || "";
  machine.value = machine.defaultValue = there && there.hasAttribute("data-machine") ? "true" : "";
}

/**
 * Not through the outbox: it is about this moment, and without a line there is nobody to tell.
 * @param {HTMLFormElement} form
 */
async function take(form) {
  const args = { subject: new FormData(form).get("subject"), lang: languageOf(form).value };
  const what = JSON.stringify(args);
  if (begun.what === what && Date.now() - begun.at < KEPT) return;
  begun = { what, at: Date.now() };
  const answer = await fetch((form.getAttribute("action") || "").replace(/\/translate$/, ""), {
    method: "POST",
    body: JSON.stringify({ id: uuid(), name: "take_translation", args }),
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
  })
    .then((response) => response.json())
    .catch(() => null);
  const note = form.querySelector(".translating-note");
  if (note && answer && !answer.ok) note.textContent = answer.error.message;
}

const list = document.getElementById("in-translations");

function count() {
  const texts = Array.from(document.querySelectorAll("#in-translations > [data-missing]"));
  for (const line of Array.from(document.querySelectorAll("[data-coverage]"))) {
    const tag = line.getAttribute("data-coverage") || "";
    const there = texts.filter((text) => !(text.getAttribute("data-missing") || "").split(" ").includes(tag)).length;
    const [meter, words] = [line.querySelector("meter"), line.lastElementChild];
    if (meter) [meter.max, meter.value] = [texts.length || 1, there];
    if (words) words.textContent = t("of_all", { n: there, all: texts.length });
  }
}

let due = 0;
if (list) {
  const observer = new MutationObserver(() => {
    cancelAnimationFrame(due);
    due = requestAnimationFrame(count);
  });
  observer.observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-missing"] });
  // The other module, which knows the texts, has run before this one.
  count();
}
