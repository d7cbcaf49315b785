/** Two who edit the same paragraph of the minutes are told of each other before they send. Signals, never stored. */

import { withoutMoving } from "./patch.js";
import { t } from "./texts.js";

/** ms between two signals about the same field, and how long one counts */
const EVERY = 5000;
const COUNTS = 12000;

/** @param {(signal: object) => void} send */
export function createTyping(send) {
  let told = "";
  let at = 0;
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  const passing = new Map();

  document.addEventListener("input", ({ target }) => {
    const form = target instanceof Element && target.closest(".rewriting form");
    const field = (form && form.getAttribute("id")) || "";
    if (!field || (field === told && Date.now() - at < EVERY)) return;
    told = field;
    at = Date.now();
    send({ kind: "typing", field });
  });

  return {
    /** @param {{field: string, name: string, language: string}} signal */
    hear({ field, name, language }) {
      const form = document.getElementById(field);
      if (!form) return;
      const note = form.querySelector(".typing") || begin(form);
      const text = t("typing", { who: name, language });
      if (note.textContent !== text) withoutMoving(() => void (note.textContent = text));
      clearTimeout(passing.get(field));
      passing.set(
        field,
        setTimeout(() => withoutMoving(() => note.remove()), COUNTS),
      );
    },
  };
}

/** @param {Element} form @returns {Element} */
function begin(form) {
  const note = document.createElement("p");
  note.className = "typing";
  note.setAttribute("role", "status");
  note.setAttribute("data-client", "");
  form.prepend(note);
  return note;
}
