/** A machine's suggestion at the interpreters' desk: always marked as such, and never saved as it came without being asked. */

import { t } from "./texts.js";

const meta = document.querySelector("meta[name=csrf-token]");
const csrf = (meta && meta.getAttribute("content")) || "";

document.addEventListener("click", async ({ target }) => {
  const button = target instanceof Element && target.closest("[data-suggest]");
  const form = button instanceof HTMLButtonElement && button.form;
  if (!(button instanceof HTMLButtonElement) || !form) return;
  const field = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const note = /** @type {HTMLElement} */ (form.querySelector(".machine-note"));
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
  note.textContent = t("machine_check");
  mark(form, field);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

document.addEventListener("input", ({ target }) => {
  if (target instanceof HTMLTextAreaElement && target.form && target.dataset.suggested) mark(target.form, target);
});

/** As it came, it is asked about before it is saved. @param {HTMLFormElement} form @param {HTMLTextAreaElement} field */
function mark(form, field) {
  if (field.value === field.dataset.suggested) form.setAttribute("data-confirm", t("machine_unchanged"));
  else form.removeAttribute("data-confirm");
}

document.addEventListener("command-saved", (event) => {
  if (/** @type {CustomEvent} */ (event).detail.name !== "translate") return;
  for (const note of Array.from(document.querySelectorAll(".machine-note"))) note.textContent = "";
});
