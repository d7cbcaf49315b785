/** A machine's suggestion at the interpreters' desk: what began as one is sent as one, and marked so until somebody confirms it. */

import { t } from "./texts.js";

const meta = document.querySelector("meta[name=csrf-token]");
const csrf = (meta && meta.getAttribute("content")) || "";

document.addEventListener("click", async ({ target }) => {
  const button = target instanceof Element && target.closest("[data-suggest]");
  const form = button instanceof HTMLButtonElement && button.form;
  if (!(button instanceof HTMLButtonElement) || !form) return;
  const field = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const note = /** @type {HTMLElement} */ (form.querySelector(".translating-note"));
  const asked = new FormData(form);
  button.disabled = true;
  note.textContent = t("machine_asked");
  const headers = { Accept: "application/json", "X-CSRFToken": csrf };
  const answer = await fetch(button.dataset.suggest || "", { method: "POST", body: asked, credentials: "same-origin", headers })
    .then((response) => response.json())
    .catch(() => null);
  button.disabled = false;
  if (!answer || !answer.ok) {
    note.textContent = answer ? answer.error.message : t("machine_lost");
    return;
  }
  if (field.value.trim() && field.value !== field.dataset.suggested) {
    note.textContent = `${t("machine_says")} ${answer.text}`;
    return;
  }
  field.value = field.dataset.suggested = answer.text;
  say(form, "true");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  note.textContent = t("machine_check");
  field.focus();
});

// Who empties the field begins on their own.
document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLTextAreaElement && target.form && !target.value.trim()) say(target.form, "");
});

/** @param {HTMLFormElement} form @param {string} machine */
function say(form, machine) {
  const field = form.elements.namedItem("machine");
  if (!(field instanceof HTMLInputElement) || field.value === machine) return;
  field.value = machine;
  // So that it is kept with the draft.
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("command-saved", (event) => {
  if (/** @type {CustomEvent} */ (event).detail.name !== "translate") return;
  for (const note of Array.from(document.querySelectorAll(".translating-note"))) note.textContent = "";
});
