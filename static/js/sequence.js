/**
 * Which patches to apply, in which order, and when something is missing. Pure: no page, no socket, no clock.
 *
 * @typedef {Record<string, string>} Regions  DOM id → HTML of that element, or "" when it is gone
 * @typedef {{from: number, seq: number, regions: Regions}} Patch
 * @typedef {{seq: number, regions: Regions, epoch?: string|number, release?: string|number}} Answer  of join or catch_up
 * @typedef {object} Step
 * @property {Regions | null} regions  to put on the page now; null: nothing
 * @property {boolean} reset     these are all regions there are: whatever else is on the page is gone
 * @property {boolean} released  the server has other templates (and perhaps scripts) than this page
 * @property {boolean} gap       a number is missing: wait a moment, then catch up
 */

/** More patches than this are not kept while an answer is awaited; the gap is caught up afterwards. */
const KEPT = 1000;

/** @param {{last: number, epoch: string, release: string}} start  what the page was rendered with */
export function createSequence({ last, epoch, release }) {
  /** @type {Patch[]} */
  let kept = [];
  let ticket = 0;
  let held = false;

  /** Everything kept that follows without a gap, as one set of regions: the latest HTML of each wins. @returns {Regions | null} */
  function drain() {
    kept.sort((a, b) => a.from - b.from || a.seq - b.seq);
    /** @type {Regions | null} */
    let regions = null;
    while (kept.length && kept[0].from <= last + 1) {
      const patch = /** @type {Patch} */ (kept.shift());
      if (patch.seq <= last) continue;
      regions = Object.assign(regions || {}, patch.regions);
      last = patch.seq;
    }
    return regions;
  }

  return {
    get last() {
      return last;
    },
    /** What the page is made of, so that the server can tell whether it still is. */
    get made() {
      return { epoch, release };
    },
    /** An answer is awaited. */
    get held() {
      return held;
    },
    get gap() {
      return !held && kept.length > 0;
    },

    /**
     * An answer is awaited. Patches are kept until it is here: an answer can be older than a patch that overtook it, and only
     * so can a number lower than ours be told from a late one. @returns {number} the ticket that `answer` asks for
     */
    hold() {
      held = true;
      return (ticket += 1);
    },

    /** @param {number} mine @param {Answer} answer @returns {Step | null} null: an answer that nobody waits for any more */
    answer(mine, answer) {
      if (!held || mine !== ticket) return null;
      held = false;
      const newEpoch = String(answer.epoch === undefined ? epoch : answer.epoch);
      const newRelease = String(answer.release === undefined ? release : answer.release);
      const released = release !== "" && newRelease !== release;
      const reset = released || (epoch !== "" && newEpoch !== epoch) || answer.seq < last;
      epoch = newEpoch;
      release = newRelease;
      last = answer.seq;
      const regions = { ...answer.regions, ...drain() };
      return { regions, reset, released, gap: kept.length > 0 };
    },

    /** No answer will come. What was kept is looked at again. @param {number} mine @returns {Step | null} */
    giveUp(mine) {
      if (!held || mine !== ticket) return null;
      held = false;
      return { regions: drain(), reset: false, released: false, gap: kept.length > 0 };
    },

    /** @param {Patch} patch @returns {Step} */
    receive(patch) {
      if (Number.isInteger(patch.from) && Number.isInteger(patch.seq) && kept.length < KEPT) kept.push(patch);
      const regions = held ? null : drain();
      return { regions, reset: false, released: false, gap: !held && kept.length > 0 };
    },

    /** The line is cut: patches of the old connection mean nothing on the new one. */
    forget() {
      kept = [];
      held = false;
      ticket += 1;
    },
  };
}

/** @typedef {ReturnType<typeof createSequence>} Sequence */
