/** The list of what was refused, or lost its form, and has no place on the page any more: with its text, to mend, send or copy. */

import { canMend } from "./outbox.js";
import { withoutMoving } from "./patch.js";
import { t } from "./texts.js";

/**
 * @param {import("./outbox.js").Entry} entry @param {import("./outbox.js").Refusal} error
 * @param {import("./outbox.js").Outbox} outbox
 */
export function listRefused(entry, error, outbox) {
  const list = document.getElementById("refused");
  if (!list) return;
  const item = document.createElement("li");
  item.className = "refused-item";
  item.setAttribute("data-client", "");
  const why = document.createElement("p");
  why.id = `refused-${entry.key}`;
  why.textContent = error.message || t("refused");
  item.append(why);
  for (const [field, text] of Object.entries(entry.texts)) {
    const area = document.createElement("textarea");
    area.id = `${why.id}-${field}`;
    area.readOnly = !canMend(entry, field);
    area.rows = 3;
    area.value = area.defaultValue = text;
    area.setAttribute("aria-labelledby", why.id);
    area.oninput = () => void outbox.mend(entry.key, field, area.value);
    const copy = button(t("copy"));
    copy.dataset.copy = `#${CSS.escape(area.id)}`;
    item.append(area, copy);
  }
  const gone = () => withoutMoving(() => item.remove());
  if (entry.name) {
    const again = button(t("send_again"));
    again.onclick = () => (gone(), void outbox.again(entry.key));
    item.append(again);
  }
  const dismiss = button(t("dismiss"));
  dismiss.onclick = () => (gone(), void outbox.dismiss(entry.key));
  item.append(dismiss);
  withoutMoving(() => list.append(item));
}

/** @param {string} label */
function button(label) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  return made;
}
