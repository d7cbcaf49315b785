/**
 * Commands on their way: kept until the server has acknowledged them, across reconnects, reloads and restarts of the server.
 * Sent in the order they were given, one at a time, each time with the same id, which the server executes once.
 *
 * @typedef {{code: string, message: string, field?: string, retry_after?: number}} Refusal
 * @typedef {{ok: true, seq: number, result: any} | {ok: false, error: Refusal}} Reply
 * @typedef {object} Entry
 * @property {string} key      the command's id
 * @property {string} scope
 * @property {string} tab      the tab that sends it; another takes over when that one is closed
 * @property {number} at       when it was given, and its place in the queue
 * @property {string} name
 * @property {Record<string, unknown>} args
 * @property {string} form     key of the form it came from
 * @property {Record<string, string>} texts  what was written, by field: given back if it is refused
 * @property {"waiting" | "refused"} state
 * @property {number} [lost]   times it was sent without an answer
 * @property {Refusal} [error]
 *
 * @typedef {object} Handlers
 * @property {(entry: Entry, going: boolean) => void} progress   being sent, or waiting for the line
 * @property {(entry: Entry, seq: number, result: any) => Promise<void>} saved
 * @property {(entry: Entry, error: Refusal) => boolean} refused  true: its form shows it; false: keep it in the list of refused
 * @property {(entry: Entry) => void} signedOut   kept, and sent when this person is signed in again
 */

/** The server refuses packets over 64 KB without a word; say so here instead. Bytes, with room for the envelope. */
const LARGEST = 60000;
/** Waits between tries in ms, before jitter. A new connection does not wait. */
const WAITS = [1000, 2000, 4000, 8000, 15000];

/**
 * @param {object} need
 * @param {import("./store.js").Store} need.store
 * @param {string} need.scope
 * @param {string} need.tab
 * @param {(entry: Entry) => Promise<Reply | null>} need.send  null: no answer
 * @param {Handlers} need.handlers
 * @param {(entry: Entry) => string} need.tooLong  message for a command over the limit
 * @param {() => Promise<(tab: string) => boolean>} [need.aliveTabs]
 */
export function createOutbox({ store, scope, tab, send, handlers, tooLong, aliveTabs = async () => () => false }) {
  /** @type {Entry[]} */
  let waiting = [];
  /** @type {Entry[]} */
  let refused = [];
  let busy = false;
  let stopped = false;
  let failures = 0;
  let latest = 0;
  let notBefore = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  async function drain() {
    if (busy) return;
    busy = true;
    clearTimeout(timer);
    try {
      while (waiting.length && !stopped && Date.now() >= notBefore) {
        const entry = waiting[0];
        // During an outage it says "waiting" all along, not "sending" at every try.
        if (!failures) handlers.progress(entry, true);
        const reply = await send(entry);
        if (reply === null) {
          waiting.forEach((other) => handlers.progress(other, false));
          wait(WAITS[Math.min(failures, WAITS.length - 1)] * (0.75 + Math.random() / 2));
          failures += 1;
        } else await settle(entry, reply);
      }
    } finally {
      busy = false;
    }
    if (waiting.length && !stopped) timer = setTimeout(drain, Math.max(50, notBefore - Date.now()));
  }

  /** @param {number} ms */
  function wait(ms) {
    notBefore = Date.now() + ms;
  }

  /** @param {Entry} entry @param {Reply} reply */
  async function settle(entry, reply) {
    failures = 0;
    if (reply.ok) {
      // First its consequences, then forget it: if the page closes in between, it is only sent once more.
      await handlers.saved(entry, reply.seq, reply.result).catch(console.error);
      waiting = waiting.filter((other) => other !== entry);
      return store.remove("outbox", entry.key);
    }
    const { error } = reply;
    if (error.code === "too_fast" || error.code === "unavailable") {
      return wait(1000 * (error.retry_after || 2) + Math.random() * 250);
    }
    if (error.code === "unauthenticated") {
      stopped = true;
      return waiting.forEach((other) => handlers.signedOut(other));
    }
    waiting = waiting.filter((other) => other !== entry);
    return refuse(entry, error);
  }

  /** @param {Entry} entry @param {Refusal} error */
  async function refuse(entry, error) {
    if (handlers.refused(entry, error)) return store.remove("outbox", entry.key);
    entry.state = "refused";
    entry.error = error;
    refused.push(entry);
    return store.put("outbox", entry);
  }

  /** @param {Pick<Entry, "name" | "args" | "form" | "texts">} command @returns {Entry} */
  function entryOf({ name, args, form, texts }) {
    latest = Math.max(Date.now(), latest + 1);
    return { key: uuid(), scope, tab, at: latest, name, args, form, texts, state: "waiting" };
  }

  return {
    /** @returns {Entry[]} */
    get waiting() {
      return waiting;
    },

    /** Take over what a closed tab, or this one before a reload, left behind. */
    async adopt() {
      const [rows, isAlive] = await Promise.all([store.all("outbox", scope), aliveTabs()]);
      const known = new Set([...waiting, ...refused].map((entry) => entry.key));
      const left = /** @type {Entry[]} */ (rows).filter((entry) => !known.has(entry.key) && !isAlive(entry.tab));
      for (const entry of left) {
        entry.tab = tab;
        if (entry.state === "waiting") waiting.push(entry);
        else if (entry.error) await refuse(entry, entry.error);
      }
      waiting.sort((a, b) => a.at - b.at);
      if (left.length) void drain();
    },

    /**
     * @param {Pick<Entry, "name" | "args" | "form" | "texts">} command
     * @returns {Promise<void>} when it is safe, whether or not it is sent
     */
    async add(command) {
      // A second click on what is still on its way is not a second command.
      const body = JSON.stringify([command.name, command.form, command.args]);
      const same = waiting.find((entry) => JSON.stringify([entry.name, entry.form, entry.args]) === body);
      if (same) return handlers.progress(same, !failures);
      const entry = entryOf(command);
      if (new TextEncoder().encode(JSON.stringify(entry.args)).length > LARGEST) {
        return refuse(entry, { code: "too_large", message: tooLong(entry) });
      }
      waiting.push(entry);
      handlers.progress(entry, !failures);
      // A disk that does not answer must not keep the line waiting.
      await Promise.race([store.put("outbox", entry), new Promise((resolve) => setTimeout(resolve, 1000))]);
      void drain();
    },

    /**
     * Text whose form has gone: to the list, as if refused.
     * @param {Pick<Entry, "name" | "args" | "form" | "texts">} command @param {string} message
     */
    async keep(command, message) {
      await refuse(entryOf(command), { code: "gone", message });
    },

    /** @param {string} key of a refused entry that its author has seen to */
    async dismiss(key) {
      refused = refused.filter((entry) => entry.key !== key);
      await store.remove("outbox", key);
    },

    /** Try now, except where the server asked to wait. @param {boolean} live  a new connection: we are who we say we are */
    wake(live) {
      if (live) stopped = false;
      if (failures) notBefore = 0;
      failures = 0;
      void drain();
    },
  };
}

/** @typedef {ReturnType<typeof createOutbox>} Outbox */

/** crypto.randomUUID is missing where a venue serves plain http. @returns {string} */
export function uuid() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * Which tabs are open: each holds a lock as long as it lives. Without locks every tab takes over everything it finds; the server
 * knows the ids, so that is only a little more traffic. @param {string} tab  ours
 * @returns {() => Promise<(tab: string) => boolean>}
 */
export function watchTabs(tab) {
  if (!navigator.locks) return async () => () => false;
  void navigator.locks.request(`facilitation tab ${tab}`, () => new Promise(() => undefined));
  return async () => {
    const { held = [] } = await navigator.locks.query();
    const names = new Set(held.map((lock) => lock.name));
    return (other) => other !== tab && names.has(`facilitation tab ${other}`);
  };
}
