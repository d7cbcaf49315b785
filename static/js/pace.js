/**
 * How long a browser waits before it tries again, in one place, because hundreds of them wait together: after a restart they come
 * back one after another, not in the same moment. All in ms.
 */

/** The line broke: the first try comes after 0.5–2.5 s, the later ones after 1–5 s. */
const RECONNECT = [1500, 3000];
/** A command had no answer, or "not now": between a second and half a minute, or longer where the server asks for it. */
const RESEND = [1000, 2000, 4000, 8000, 15000, 30000];
/** Whom the server sends away comes back over at least so long a time. */
const LEAVE_SPREAD = 2000;

/** @param {number[]} waits @param {number} tries so far */
const nth = (waits, tries) => waits[Math.min(tries, waits.length - 1)];

/** @param {number} tries failed since the line was last good @returns {number} */
export function beforeReconnecting(tries) {
  return nth(RECONNECT, tries) * (1 / 3 + Math.random() * (4 / 3));
}

/** @param {number} seconds  `retry_after` of the server @returns {number} */
export function beforeReturning(seconds) {
  const asked = seconds * 1000;
  return asked + Math.random() * Math.max(asked, LEAVE_SPREAD);
}

/** @param {number} tries so far @param {number} [seconds]  `retry_after` of the server: never earlier @returns {number} */
export function beforeResending(tries, seconds = 0) {
  return Math.max(seconds * 1000, nth(RESEND, tries)) * (1 + Math.random() / 2);
}

/** The person was too fast: only they wait, and exactly so long. @param {number} seconds @returns {number} */
export function untilAllowed(seconds) {
  return seconds * 1000 + Math.random() * 250;
}
