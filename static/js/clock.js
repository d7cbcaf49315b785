/**
 * Every clock on the page, by the server's time, so that all screens show the same second; one timer for all.
 *
 *   [data-clock data-started="ms" data-seconds="1500" data-finished="ms"]  with [data-clock-left], [data-clock-bar] or progress
 *   [data-timer data-started="ms"]  counts up
 *   [data-pace data-planned-end="ms" data-expected-end="ms"]  how far the day is from its plan
 */

import { t } from "./texts.js";

/** The sample of the server's clock with the least round trip: how far off ours is, and how sure that is. All in ms. */
let offset = 0;
let uncertain = Infinity;

/** @param {number} now the server's @param {number} sent ours, before asking @param {number} received ours, after the answer */
export function setServerTime(now, sent, received) {
  const trip = Math.max(0, received - sent);
  const found = now - (sent + received) / 2;
  // Samples that exclude each other mean that somebody has set this computer's clock.
  const clockWasSet = Math.abs(found - offset) > (trip + uncertain) / 2 + 50;
  if (trip > uncertain && !clockWasSet) return;
  offset = found;
  uncertain = trip;
}

/** Better than nothing, until the first answer. @param {number} now */
export function guessServerTime(now) {
  if (now) offset = now - Date.now();
}

/** @returns {number} ms */
export function serverNow() {
  return Date.now() + offset;
}

/** @param {number} seconds */
export function minutesAndSeconds(seconds) {
  const whole = Math.abs(seconds);
  const two = (/** @type {number} */ n) => String(Math.floor(n)).padStart(2, "0");
  return `${seconds < 0 ? "−" : ""}${two(whole / 60)}:${two(whole % 60)}`;
}

/** @type {WeakMap<Element, number>} */
const before = new WeakMap();
/** @type {(what: "clock_two_minutes" | "clock_thirty_seconds" | "clock_over") => void} */
let warn = () => undefined;

/** @param {typeof warn} onWarning  for those who do not look at it; never each second */
export function startClocks(onWarning) {
  warn = onWarning;
  const tick = () => {
    paintClocks();
    setTimeout(tick, 1005 - (serverNow() % 1000)); // on the server's second
  };
  tick();
}

/** Also after every patch, which brings the server's digits. */
export function paintClocks() {
  const now = serverNow();
  for (const clock of Array.from(document.querySelectorAll("[data-clock]"))) paintClock(/** @type {HTMLElement} */ (clock), now);
  for (const timer of Array.from(document.querySelectorAll("[data-timer]"))) {
    const started = Number(timer.getAttribute("data-started"));
    if (started) write(timer, minutesAndSeconds(Math.max(0, Math.floor((now - started) / 1000))));
  }
  for (const pace of Array.from(document.querySelectorAll("[data-pace]"))) paintPace(/** @type {HTMLElement} */ (pace), now);
}

/** An item that is over its time makes the day later by the minute. @param {HTMLElement} pace @param {number} now */
function paintPace(pace, now) {
  const end = Math.max(Number(pace.dataset.expectedEnd), now);
  const behind = Math.round((end - Number(pace.dataset.plannedEnd)) / 60000);
  const dayEnds = Number(pace.dataset.dayLate) * 60000 + end - Number(pace.dataset.expectedEnd);
  const late = dayEnds > 0 ? "behind" : "behind_today_not";
  write(pace, behind ? t(behind > 0 ? late : "ahead", { n: Math.abs(behind) }) : t("on_time"));
}

/** @param {HTMLElement} clock @param {number} now */
function paintClock(clock, now) {
  const planned = Number(clock.dataset.seconds) || 0;
  const started = Number(clock.dataset.started) || 0;
  const finished = Number(clock.dataset.finished) || 0;
  const left = started ? Math.ceil(planned - ((finished || now) - started) / 1000) : planned;
  const runs = started > 0 && !finished;
  clock.classList.toggle("is-over", started > 0 && left < 0);
  clock.classList.toggle("is-warning-2", runs && left >= 0 && left < 120);
  clock.classList.toggle("is-warning-1", runs && left >= 0 && left < 30);
  const digits = clock.querySelector("[data-clock-left]");
  if (digits) write(digits, minutesAndSeconds(left));
  const bar = clock.querySelector("progress, [data-clock-bar]");
  const passed = Math.min(planned, Math.max(0, planned - left));
  if (bar instanceof HTMLProgressElement) {
    bar.max = planned || 1;
    bar.value = passed;
  } else if (bar instanceof HTMLElement) bar.style.setProperty("--passed", String(planned ? passed / planned : 0));
  if (runs) warnOnce(clock, left);
}

/** At the moment of crossing only: not on a page that is opened later. @param {Element} clock @param {number} left seconds */
function warnOnce(clock, left) {
  const was = before.get(clock);
  before.set(clock, left);
  if (was === undefined) return;
  if (was >= 120 && left < 120 && left > 30) warn("clock_two_minutes");
  else if (was >= 30 && left < 30 && left > 0) warn("clock_thirty_seconds");
  else if (was >= 0 && left < 0) warn("clock_over");
}

/** @param {Element} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
