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
 * @property {{times: number, since: number}} [unavailable]  answers that the server could not
 * @property {Refusal} [error]
 * @typedef {Pick<Entry, "name" | "args" | "form" | "texts">} Command
 *
 * @typedef {object} Handlers
 * @property {(entry: Entry) => void} taken   safe in here: it need not stay in its field
 * @property {(entry: Entry, waitsFor: string) => void} progress   being sent (""), or what it waits for, in words
 * @property {(entry: Entry, seq: number, result: any) => Promise<void>} saved
 * @property {(entry: Entry, error: Refusal) => void} refused   kept here until it is sent again or dismissed
 */

import { getArg, setArg } from "./args.js";
import { beforeResending, untilAllowed } from "./pace.js";

/** The server refuses packets over 64 KB without a word; say so here instead. Bytes, with room for the envelope. */
const LARGEST = 60000;
/** A command that the server cannot take so often, over so long (ms), is put aside: the others behind it shall go on. */
const UNAVAILABLE = { times: 10, over: 120000 };

/**
 * @param {object} need
 * @param {import("./store.js").Store} need.store
 * @param {string} need.scope
 * @param {string} need.tab
 * @param {(entry: Entry) => Promise<Reply | null>} need.send  null: no answer
 * @param {Handlers} need.handlers
 * @param {(what: "waiting" | "too_long" | "gave_up" | "signed_out_kept") => string} need.say
 * @param {() => Promise<(tab: string) => boolean>} [need.aliveTabs]
 */
export function createOutbox({ store, scope, tab, send, handlers, say, aliveTabs = async () => () => false }) {
  /** @type {Entry[]} */
  let waiting = [];
  /** @type {Entry[]} */
  let refused = [];
  /** On their way to the disk: nothing is sent that a reload could forget. @type {Map<Entry, Promise<void>>} */
  const storing = new Map();
  let busy = false;
  let stopped = false;
  let failures = 0;
  let latest = 0;
  /** What everything waits for, in words; "": it is on its way. */
  let waitsFor = "";
  /** Runs while nothing may be sent. @type {ReturnType<typeof setTimeout> | undefined} */
  let rest;

  async function drain() {
    if (busy) return;
    busy = true;
    try {
      while (waiting.length && !stopped && !rest) {
        const entry = waiting[0];
        await storing.get(entry);
        // During an outage it says what it waits for all along, not "sending" at every try.
        handlers.progress(entry, waitsFor);
        const reply = await send(entry);
        if (reply === null) {
          wait(beforeResending(failures), say("waiting"));
          failures += 1;
        } else await settle(entry, reply);
      }
    } finally {
      busy = false;
    }
  }

  /** @param {number} ms @param {string} reason */
  function wait(ms, reason) {
    clearTimeout(rest);
    rest = setTimeout(() => {
      rest = undefined;
      void drain();
    }, ms);
    hold(reason);
  }

  /** @param {string} reason */
  function hold(reason) {
    if (stopped) return;
    waitsFor = reason;
    waiting.forEach((entry) => handlers.progress(entry, reason));
  }

  /** @param {string} reason */
  function stop(reason) {
    hold(reason);
    stopped = true;
  }

  /** @param {Entry} entry @param {Reply} reply */
  async function settle(entry, reply) {
    failures = 0;
    if (reply.ok) {
      waitsFor = "";
      // First its consequences, then forget it: if the page closes in between, it is only sent once more.
      await handlers.saved(entry, reply.seq, reply.result).catch(console.error);
      waiting = waiting.filter((other) => other !== entry);
      return store.remove("outbox", entry.key);
    }
    const { error } = reply;
    if (error.code === "unauthenticated") return stop(say("signed_out_kept"));
    if (error.code === "too_fast") return wait(untilAllowed(error.retry_after || 1), error.message);
    if (error.code === "unavailable" && !isHopeless(entry)) {
      const { times } = /** @type {{times: number}} */ (entry.unavailable);
      wait(beforeResending(times - 1, error.retry_after), error.message);
      return store.put("outbox", entry);
    }
    waitsFor = "";
    waiting = waiting.filter((other) => other !== entry);
    return refuse(entry, error.code === "unavailable" ? { ...error, message: say("gave_up") } : error);
  }

  /** Counts one more answer that the server could not. @param {Entry} entry */
  function isHopeless(entry) {
    const { times, since } = entry.unavailable || { times: 0, since: Date.now() };
    entry.unavailable = { times: times + 1, since };
    return times + 1 >= UNAVAILABLE.times && Date.now() - since >= UNAVAILABLE.over;
  }

  /** @param {Entry} entry @param {Refusal} error */
  async function refuse(entry, error) {
    entry.state = "refused";
    entry.error = error;
    refused.push(entry);
    handlers.refused(entry, error);
    // Without text there is nothing to keep beyond the message.
    await (Object.keys(entry.texts).length ? store.put("outbox", entry) : store.remove("outbox", entry.key));
  }

  /** @param {Command} command @returns {Entry} */
  function entryOf({ name, args, form, texts }) {
    latest = Math.max(Date.now(), latest + 1);
    return { key: uuid(), scope, tab, at: latest, name, args, form, texts, state: "waiting" };
  }

  /** @param {Entry} entry @returns {Promise<void>} when it is safe */
  function queue(entry) {
    waiting.push(entry);
    handlers.progress(entry, waitsFor);
    // A disk that does not answer must not keep the line waiting.
    const safe = Promise.race([store.put("outbox", entry), new Promise((resolve) => setTimeout(resolve, 1000))]).then(() => {
      storing.delete(entry);
      handlers.taken(entry);
      handlers.progress(entry, waitsFor);
    });
    storing.set(entry, safe);
    void drain();
    return safe;
  }

  /** @param {Entry} entry @param {string} key */
  function backToQueue(entry, key) {
    refused = refused.filter((other) => other !== entry);
    return queue({ ...entryOf(entry), key });
  }

  return {
    /** @returns {Entry[]} */
    get waiting() {
      return waiting;
    },

    /** @returns {Entry[]} */
    get refused() {
      return refused;
    },

    /** Take over what a closed tab, or this one before a reload, left behind. */
    async adopt() {
      const [rows, isAlive] = await Promise.all([store.all("outbox", scope), aliveTabs()]);
      const known = new Set([...waiting, ...refused].map((entry) => entry.key));
      const left = /** @type {Entry[]} */ (rows).filter(
        (entry) => entry.tab !== tab && !known.has(entry.key) && !isAlive(entry.tab),
      );
      for (const entry of left.sort((a, b) => a.at - b.at)) {
        entry.tab = tab;
        // This computer's clock may have been set back since.
        latest = Math.max(latest, entry.at);
        if (entry.state === "waiting") {
          waiting.push(entry);
          handlers.taken(entry);
          handlers.progress(entry, waitsFor);
        } else if (entry.error) {
          refused.push(entry);
          handlers.refused(entry, entry.error);
        }
        void store.put("outbox", entry);
      }
      waiting.sort((a, b) => a.at - b.at);
      if (left.length) void drain();
    },

    /** @param {Command} command @returns {Promise<void>} when it is safe, whether or not it is sent */
    async add(command) {
      const body = bodyOf(command);
      // A second click on what is still on its way is not a second command; what was refused and is sent as it was keeps its id.
      const same = waiting.find((entry) => bodyOf(entry) === body);
      if (same) {
        handlers.taken(same);
        return handlers.progress(same, waitsFor);
      }
      const before = refused.find((entry) => bodyOf(entry) === body);
      if (before) return backToQueue(before, before.key);
      const entry = entryOf(command);
      if (new TextEncoder().encode(JSON.stringify(entry.args)).length > LARGEST) {
        return refuse(entry, { code: "too_large", message: say("too_long") });
      }
      return queue(entry);
    },

    /** Text whose form has gone: as if refused. @param {Command} command @param {string} message */
    async keep(command, message) {
      await refuse(entryOf(command), { code: "gone", message });
    },

    /** What was refused is changed where it is listed. @param {string} key @param {string} field @param {string} text */
    async mend(key, field, text) {
      const entry = refused.find((other) => other.key === key);
      if (!entry) return;
      entry.texts[field] = text;
      await store.put("outbox", entry);
    },

    /** Send what was refused once more. @param {string} key */
    async again(key) {
      const entry = refused.find((other) => other.key === key);
      if (!entry) return;
      const mended = Object.entries(entry.texts).filter(([field, text]) => canMend(entry, field) && getArg(entry.args, field) !== text);
      mended.forEach(([field, text]) => setArg(entry.args, field, text));
      // Other words under the same id would be refused.
      await backToQueue(entry, mended.length ? uuid() : key);
      if (mended.length) await store.remove("outbox", key);
    },

    /** @param {string} key of a refused entry that its author has seen to */
    async dismiss(key) {
      if (!refused.some((entry) => entry.key === key)) return;
      refused = refused.filter((entry) => entry.key !== key);
      await store.remove("outbox", key);
    },

    /** The line is gone. */
    pause: () => hold(say("waiting")),

    /** Nothing can be sent any more as this person. @param {string} reason */
    stop,

    /** Try now, except where the server asked to wait. @param {boolean} live  a new connection: we are who we say we are */
    wake(live) {
      if (live) stopped = false;
      if (failures) {
        clearTimeout(rest);
        rest = undefined;
      }
      failures = 0;
      if (live && !rest) waitsFor = "";
      void drain();
    },
  };
}

/** @typedef {ReturnType<typeof createOutbox>} Outbox */

/** @param {Command} command */
function bodyOf({ name, form, args }) {
  return JSON.stringify([name, form, args]);
}

/** This text is an argument as it stands. @param {Entry} entry @param {string} field */
export function canMend(entry, field) {
  return typeof getArg(entry.args, field) === "string";
}

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
    return (other) => names.has(`facilitation tab ${other}`);
  };
}
