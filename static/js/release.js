/** The server was upgraded under an open page: its scripts and templates are old. Load it anew, but never under somebody's hands. */

const KEY = "facilitation reloaded";
/** ms. Two hundred browsers do not come back in the same moment, and two servers of different age do not make one flicker. */
const SPREAD = 5000;
const NOT_AGAIN_WITHIN = 60000;

/** @param {() => boolean} isBusy */
export function offerReload(isBusy) {
  const offer = document.getElementById("new-release");
  const button = offer && offer.querySelector("button");
  if (button) button.onclick = () => location.reload();
  setTimeout(() => {
    if (!isBusy() && !reloadedJustNow()) location.reload();
    else if (offer) offer.hidden = false;
  }, Math.random() * SPREAD);
}

/** @returns {boolean} and remembers that it is about to happen */
function reloadedJustNow() {
  try {
    const before = Number(sessionStorage.getItem(KEY)) || 0;
    sessionStorage.setItem(KEY, String(Date.now()));
    return Date.now() - before < NOT_AGAIN_WITHIN;
  } catch {
    return true;
  }
}
