/** The list of what was refused, or lost its form, and has no place on the page any more: with its text, to copy or mend. */

import { t } from "./texts.js";

/**
 * @param {import("./outbox.js").Entry} entry @param {import("./outbox.js").Refusal} error
 * @param {() => void} onDismiss
 */
export function listRefused(entry, error, onDismiss) {
  const section = document.getElementById("refused");
  if (!section) return;
  const list = section.querySelector("ul, ol") || section;
  const item = document.createElement("li");
  item.className = "refused-item";
  item.setAttribute("data-client", "");
  const why = document.createElement("p");
  why.textContent = error.message || t("refused");
  item.append(why);
  const text = Object.values(entry.texts).join("\n\n");
  if (text) {
    const area = document.createElement("textarea");
    area.id = `refused-${entry.key}`;
    area.readOnly = true;
    area.rows = 3;
    area.value = area.defaultValue = text;
    why.id = `${area.id}-why`;
    area.setAttribute("aria-labelledby", why.id);
    const copy = button(t("copy"));
    copy.dataset.copy = `#${area.id}`;
    item.append(area, copy);
  }
  const dismiss = button(t("dismiss"));
  dismiss.onclick = () => {
    item.remove();
    section.hidden = !list.children.length || !section.querySelector(".refused-item");
    onDismiss();
  };
  item.append(dismiss);
  list.append(item);
  section.hidden = false;
}

/** @param {string} label */
function button(label) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  return made;
}
