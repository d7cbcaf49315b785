/** One polite live region says what has changed, in batches: a meeting of two hundred must not talk without pause. */

import { t } from "./texts.js";

/** ms */
const PAUSE = 5000;

/** @type {string[]} */
let queue = [];
let cards = 0;
let last = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** Announcements already said, or on the page when it was opened. @type {Set<string>} */
const said = new Set();

/** @param {string} text */
export function say(text) {
  if (text && !queue.includes(text)) queue.push(text);
  plan();
}

/** @param {Element} root  what the page shows at first is read as a page, not announced */
export function startAnnouncing(root) {
  for (const element of announcing(root)) said.add(keyOf(element));
}

/** @param {import("./patch.js").Applied} applied @param {boolean} all  the whole page was renewed: nothing of it is news */
export function announcePatch({ inserted, touched }, all) {
  for (const element of touched.flatMap(announcing)) {
    if (said.has(keyOf(element))) continue;
    said.add(keyOf(element));
    if (!all) say(element.getAttribute("data-announce") || "");
  }
  if (all) return;
  cards += inserted.filter((element) => element.hasAttribute("data-contribution")).length;
  if (cards) plan();
}

/** @param {Element} root */
function announcing(root) {
  const inside = Array.from(root.querySelectorAll("[data-announce]"));
  return root.hasAttribute("data-announce") ? [root, ...inside] : inside;
}

/** @param {Element} element */
function keyOf(element) {
  const region = element.closest("[data-in]");
  return `${region ? region.getAttribute("id") : ""} ${element.getAttribute("data-announce")}`;
}

function plan() {
  if (!timer) timer = setTimeout(flush, Math.max(200, last + PAUSE - Date.now()));
}

function flush() {
  timer = undefined;
  last = Date.now();
  const region = document.getElementById("announcer");
  if (cards) queue.push(t("new_contributions", { n: cards }));
  const text = queue.join(" · ");
  queue = [];
  cards = 0;
  if (!region || !text) return;
  // The same words twice are a change only if there was something else between.
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 50);
}
