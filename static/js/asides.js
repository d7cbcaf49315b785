/** What goes to nobody's record: asking a facilitator for help, and the practice card. Signals, never stored. */

import { say } from "./announce.js";
import { withoutMoving } from "./patch.js";
import { t } from "./texts.js";

/** ms until a practice card that has not come back is given up */
const BACK_WITHIN = 5000;

/** @param {(signal: object) => void} send */
export function createAsides(send) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let lost;

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    if (form.hasAttribute("data-help")) {
      event.preventDefault();
      send({ kind: "help" });
    } else if (form.hasAttribute("data-practice")) {
      event.preventDefault();
      const field = form.querySelector("textarea");
      send({ kind: "practice", text: field ? field.value : "" });
      clearTimeout(lost);
      lost = setTimeout(() => tell("[data-practice]", t("practice_lost")), BACK_WITHIN);
    }
  });

  /** They need scripts, and are shown by them. */
  function refresh() {
    for (const element of Array.from(document.querySelectorAll("[data-help], .practice"))) {
      if (element instanceof HTMLElement && element.hidden) element.hidden = false;
    }
  }
  refresh();

  return {
    refresh,

    /** @param {any} signal */
    hear(signal) {
      if (signal.kind === "help") wanted(String(signal.person), String(signal.name));
      if (signal.kind === "help_heard") tell("[data-help]", t(signal.count ? "help_heard" : "help_unheard"));
      if (signal.kind === "practice") {
        clearTimeout(lost);
        const field = document.querySelector("[data-practice] textarea");
        if (field instanceof HTMLTextAreaElement && field.value === signal.text) field.value = "";
        tell("[data-practice]", t("practice_back"));
      }
    },
  };
}

/** @param {string} form @param {string} text */
function tell(form, text) {
  const receipt = document.querySelector(`${form} output`);
  if (receipt) receipt.textContent = text;
}

/** @param {string} person @param {string} name */
function wanted(person, name) {
  const list = document.getElementById("help-wanted");
  if (!list || list.querySelector(`[data-person="${CSS.escape(person)}"]`)) return;
  const item = document.createElement("li");
  item.dataset.person = person;
  item.textContent = `${t("help_wanted", { who: name })} `;
  const done = document.createElement("button");
  done.type = "button";
  done.className = "button quiet";
  done.textContent = t("help_done");
  done.onclick = () => withoutMoving(() => item.remove());
  item.append(done);
  withoutMoving(() => list.append(item));
  say(t("help_wanted", { who: name }));
}
