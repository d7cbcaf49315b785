/**
 * The interpreters' desk: Ctrl and Enter saves a translation and takes the next text, whose field has the focus then; and how much
 * is there in each language, counted from what stands on the page.
 */

import { t } from "./texts.js";

/** Whether the next text is wanted once the translation is saved. */
let goOn = false;

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !(field instanceof HTMLTextAreaElement)) return;
  const form = field.form;
  if (!form || form.dataset.command !== "translate") return;
  event.preventDefault();
  goOn = true;
  form.requestSubmit();
});

document.addEventListener("command-saved", (event) => {
  const { name, result } = /** @type {CustomEvent} */ (event).detail;
  if (name === "translate" && goOn) {
    goOn = false;
    const next = /** @type {HTMLFormElement | null} */ (document.querySelector('form[data-command="take_next_translation"]'));
    if (next) next.requestSubmit();
  } else if (name === "take_next_translation" && result) {
    const field = document.getElementById(`translate-text-${result.subject}`);
    const language = /** @type {HTMLSelectElement | null} */ (document.getElementById(`translate-lang-${result.subject}`));
    if (!field) return;
    if (language) language.value = result.lang;
    field.focus();
    field.scrollIntoView({ block: "center" });
  }
});

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
