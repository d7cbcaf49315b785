/**
 * The facilitator's board: contributions are selected and moved into themes by dragging, with the keyboard, or with "Move to". All
 * three do the same: one command for all that is moved, so that one "undo" takes it back.
 */

import Sortable from "sortablejs";
import { say } from "./announce.js";
import { t } from "./texts.js";

const LISTS = ["in-cards", "found"];
const FIELDS = "input:not([type=checkbox]), textarea, select, [contenteditable]";

/** @type {Set<string>} ids of contributions */
const selected = new Set();

/** @param {string} name @param {object} args */
function give(name, args) {
  document.dispatchEvent(new CustomEvent("give-command", { detail: { name, args } }));
}

/** @returns {HTMLElement[]} in the order of the page */
function themes() {
  return Array.from(document.querySelectorAll("#in-themes > section.theme"));
}

/** @param {Element} theme */
const themeId = (theme) => (theme.getAttribute("id") || "").replace("theme-", "");
/** @param {Element} theme */
const titleOf = (theme) => ((theme.querySelector("h3") || theme).textContent || "").trim();
/** @param {Element} card */
const contributionOf = (card) => card.getAttribute("data-contribution") || "";

/** @returns {HTMLElement[]} the cards that are shown */
function cards() {
  return Array.from(document.querySelectorAll("#in-cards:not([hidden]) > [data-contribution], #found:not([hidden]) [data-contribution]"));
}

/** @param {string} first  the contribution at hand; with it goes what is selected, if it is itself selected or nothing is at hand */
function atHand(first) {
  return first && !selected.has(first) ? [first] : Array.from(selected);
}

/** @param {string[]} ids @param {string} theme */
function move(ids, theme) {
  if (!ids.length || !theme) return;
  const [contribution, ...others] = ids;
  give("group_contribution", { contribution, theme, ...(others.length ? { others } : {}) });
  clear();
}

function clear() {
  selected.clear();
  refresh();
}

/** Every card gets a box to select it with: what keyboards and screen readers use, and a hand as well. */
function refresh() {
  for (const list of LISTS) {
    for (const card of Array.from(document.querySelectorAll(`#${list} [data-contribution]`))) {
      let box = card.querySelector("input.card-select");
      if (!(box instanceof HTMLInputElement)) box = addBox(card);
      /** @type {HTMLInputElement} */ (box).checked = selected.has(contributionOf(card));
      card.classList.toggle("is-selected", selected.has(contributionOf(card)));
    }
  }
  const count = document.getElementById("acting-count");
  showBar(selected.size > 0);
  if (count) count.textContent = t("selected", { n: selected.size });
  listThemes();
}

/** @param {Element} card */
function addBox(card) {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.className = "card-select";
  box.setAttribute("data-client", "");
  const words = card.querySelector(".words");
  box.setAttribute("aria-label", ((words && words.textContent) || "").trim());
  if (words && words.getAttribute("lang")) box.lang = words.getAttribute("lang") || "";
  box.addEventListener("change", () => {
    if (box.checked) selected.add(contributionOf(card));
    else selected.delete(contributionOf(card));
    refresh();
  });
  card.prepend(box);
  return box;
}

/** The themes once more, always in reach: to press, and to drop upon. */
function listThemes() {
  const list = document.getElementById("acting-themes");
  if (!list) return;
  const wanted = themes().map((theme, n) => ({ id: themeId(theme), text: `${n + 1} · ${titleOf(theme)}` }));
  const there = /** @type {HTMLElement[]} */ (Array.from(list.children)).map(({ dataset, textContent }) => ({ id: dataset.into, text: textContent }));
  if (JSON.stringify(wanted) === JSON.stringify(there)) return;
  list.replaceChildren(
    ...wanted.map(({ id, text }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.dataset.into = id;
      button.textContent = text;
      button.onclick = () => move(Array.from(selected), id);
      take(button, id);
      return button;
    }),
  );
}

/** Dragging: the card itself goes back to where it was; the server's answer moves it. */
function startDragging() {
  for (const list of LISTS) {
    const element = document.getElementById(list);
    if (!element) continue;
    Sortable.create(element, {
      group: { name: "board", pull: "clone", put: false },
      sort: false,
      draggable: "[data-contribution]",
      filter: "button, input, select, textarea, summary, label, a",
      preventOnFilter: false,
      animation: 0,
      onStart: () => showBar(true),
      onEnd: () => showBar(selected.size > 0),
    });
  }
  takeInto();
}

/** @param {boolean} shown */
function showBar(shown) {
  const bar = document.getElementById("acting");
  if (bar) bar.hidden = !shown;
}

/** @type {WeakSet<Element>} */
const taking = new WeakSet();

function takeInto() {
  themes().forEach((theme) => take(theme, themeId(theme)));
}

/** @param {HTMLElement} element  that cards can be dropped upon @param {string} theme */
function take(element, theme) {
  if (taking.has(element)) return;
  taking.add(element);
  Sortable.create(element, {
    group: { name: "board", pull: false, put: ["board"] },
    draggable: ".nothing-here-is-dragged",
    onAdd({ item, clone, from }) {
      if (clone.parentNode) clone.replaceWith(item);
      else from.append(item);
      move(atHand(contributionOf(item)), theme);
    },
  });
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = event.target instanceof Element ? event.target : document.body;
  if ((event.ctrlKey || event.metaKey) && !target.matches(FIELDS)) {
    const redo = event.key.toLowerCase() === "y" || (event.shiftKey && event.key.toLowerCase() === "z");
    if (redo) press(".redo-button", event);
    else if (event.key.toLowerCase() === "z") press(".undo-button", event);
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey || target.matches(FIELDS)) return;
  // Letters are keys only for who is at a card or at the suggestion: nobody's dictation moves the board.
  if (target.closest("#in-suggesting")) {
    if (event.key.toLowerCase() === "y") press(".suggesting-yes", event);
    if (event.key.toLowerCase() === "n") press(".suggesting-no", event);
    return;
  }
  const card = target.closest("[data-contribution]");
  if (!card || !target.matches("input.card-select")) return;
  const all = cards();
  const at = all.findIndex((each) => each === card);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = all[at + (event.key === "ArrowDown" ? 1 : -1)];
    const box = next && next.querySelector("input.card-select");
    if (box instanceof HTMLElement) box.focus();
    event.preventDefault();
  } else if (/^[1-9]$/.test(event.key)) {
    const theme = themes()[Number(event.key) - 1];
    if (theme) {
      move(atHand(contributionOf(card)), themeId(theme));
      say(titleOf(theme));
    }
  } else if (event.key.toLowerCase() === "m") {
    selected.add(contributionOf(card));
    refresh();
    const first = document.querySelector("#acting-themes button");
    if (first instanceof HTMLElement) first.focus();
    event.preventDefault();
  } else if (event.key.toLowerCase() === "p") {
    atHand(contributionOf(card)).forEach((contribution) => give("park", { contribution }));
    clear();
  }
}

/** @param {string} button @param {Event} event */
function press(button, event) {
  const found = document.querySelector(button);
  if (!(found instanceof HTMLElement)) return;
  event.preventDefault();
  found.click();
}

/** @param {string} what */
function act(what) {
  const title = document.getElementById("acting-title");
  const ids = Array.from(selected);
  if (what === "theme" && title instanceof HTMLInputElement) {
    const kind = kindOf(ids[0]);
    if (!title.value.trim() || !kind) return title.focus();
    give("add_theme", { kind, title: { [document.body.dataset.lang || "en"]: title.value.trim() }, contributions: ids });
    title.value = "";
    clear();
  } else if (what === "together" && ids.length > 1) {
    const [into, ...same] = ids;
    same.forEach((contribution) => give("merge_contributions", { contribution, into }));
    clear();
  } else if (what === "park") {
    ids.forEach((contribution) => give("park", { contribution }));
    clear();
  } else if (what === "clear") clear();
}

/** @param {string} id of a contribution */
function kindOf(id) {
  const card = document.querySelector(`[data-contribution="${CSS.escape(id)}"]`);
  const [, kind] = /(?:^| )kind-(\w+)/.exec((card && card.className) || "") || [];
  return kind;
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element && target.closest("button[data-act]");
  if (button) act(button.getAttribute("data-act") || "");
});
const watch = new MutationObserver((changes) => {
  // Our own boxes are no news.
  const news = changes.some(({ addedNodes, type }) => type === "characterData" || Array.from(addedNodes).some((node) => !(node instanceof HTMLInputElement)));
  if (!news) return;
  refresh();
  takeInto();
});
for (const id of [...LISTS, "in-themes"]) {
  const element = document.getElementById(id);
  if (element) watch.observe(element, { childList: true, subtree: true, characterData: id === "in-themes" });
}
refresh();
startDragging();
