/** The interpreters' desk by keyboard: Ctrl and Enter saves a translation and takes the next text; its field has the focus then. */

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
