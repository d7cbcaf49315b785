/**
 * The line to the server: connects, joins, keeps every number exactly once, carries commands. What it hears it passes on; it
 * knows nothing of the page but its being visible.
 */

import { io } from "socket.io-client";
import { beforeReconnecting, beforeReturning } from "./pace.js";
import { createSequence } from "./sequence.js";

/**
 * @typedef {"connecting" | "live" | "offline" | "left"} State
 * @typedef {import("./sequence.js").Answer & {ok: true, now: number}} JoinAnswer
 * @typedef {object} Handlers
 * @property {(state: State, reason: string) => void} state
 * @property {(step: import("./sequence.js").Step) => void} step
 * @property {(now: number, sent: number, received: number) => void} now  the server's clock, and ours around it
 * @property {(signal: any) => void} signal
 * @property {() => void} carries  commands can go now: the line is live, or has been dead long enough to use HTTP
 */

/** All in ms. */
const CONNECT_WITHIN = 8000;
const ANSWER_WITHIN = 10000;
const GAP_PATIENCE = 300;
/** Our own change is acknowledged, but its patch is not here. */
const OWN_PATIENCE = 2000;
const HTTP_AFTER = 5000;
const HEARTBEAT = 500;
/** The heart stood still so long: this computer slept. */
const SLEPT = 5000;
const LOOK_PAUSE = 1000;
/** A line that has just been looked at and does not answer within this is a dead one. */
const PROBE_WITHIN = 3000;
/** The server says something every 25 s: after this silence the line is dead, whatever it looks like. */
const SILENT = 35000;
/** After so long without a patch we ask: the last one may have been lost, and nothing that follows would tell. */
const QUIET = 60000;

/**
 * @param {{workshop: string, view: string, person: number, lang: string, seq: number, epoch: string, release: string, csrf: string}} page
 * @param {Handlers} handlers
 */
export function connect(page, handlers) {
  const sequence = createSequence({ last: page.seq, epoch: page.epoch, release: page.release });
  // WebSocket first: it needs no sticky sessions and saves two round trips. Where it is refused, long polling follows at once.
  // When it comes back is decided here alone: the later tries of socket.io are not spread.
  const transports = window.WebSocket ? ["websocket", "polling"] : ["polling"];
  const socket = io({ transports, tryAllTransports: true, timeout: CONNECT_WITHIN, autoConnect: false, reconnection: false });

  /** @type {State} */
  let state = "connecting";
  // Spans are measured by the clock that nobody can set, except where it would stand still in a sleep.
  let offlineSince = performance.now();
  let lastLook = -LOOK_PAUSE;
  let heard = Date.now();
  let told = Date.now();
  /** The number of our own latest change. */
  let own = 0;
  let tries = 0;
  let seen = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let gapTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let againTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let httpTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let seenTimer;

  /** @param {State} next @param {string} [reason] */
  function become(next, reason = "") {
    if (state === "live" && next !== "live") offlineSince = performance.now();
    state = next;
    handlers.state(next, reason);
    clearTimeout(httpTimer);
    if (next === "live") handlers.carries();
    else if (next !== "left") httpTimer = setTimeout(handlers.carries, Math.max(0, offlineSince + HTTP_AFTER - performance.now()) + 10);
  }

  /** Whoever is told to go does not come back by themselves. @param {string} reason */
  function leave(reason) {
    become("left", reason);
    clearTimeout(againTimer);
    socket.disconnect();
  }

  /** @param {number} after ms */
  function again(after) {
    clearTimeout(againTimer);
    againTimer = setTimeout(restart, after);
  }

  function restart() {
    if (state === "left") return;
    clearTimeout(againTimer);
    socket.disconnect();
    socket.connect();
  }

  function tryAgain() {
    again(beforeReconnecting(tries));
    tries += 1;
  }

  /** @param {"join" | "catch_up"} event @param {object} data @param {number} within ms */
  async function ask(event, data, within) {
    const ticket = sequence.hold();
    const sent = Date.now();
    clearTimeout(gapTimer);
    /** @type {JoinAnswer | {ok: false, error: {code: string, message: string, retry_after?: number}} | null} */
    const answer = await socket.timeout(within).emitWithAck(event, data).catch(() => null);
    if (answer && answer.ok) {
      const step = sequence.answer(ticket, answer);
      if (!step) return;
      own = 0;
      hear();
      told = Date.now();
      if (typeof answer.now === "number") handlers.now(answer.now, sent, Date.now());
      take(step);
      if (event === "join") {
        tries = 0;
        become("live");
      }
      return;
    }
    const step = sequence.giveUp(ticket);
    if (!step) return;
    take(step);
    if (!answer) {
      // Connected by name only, as after a sleep or behind a proxy that has forgotten us.
      if (socket.connected) restart();
    } else if (answer.error.code === "unauthenticated") leave("unauthenticated");
    else if (answer.error.code === "forbidden" || answer.error.code === "not_found") leave("revoked");
    else if (event === "catch_up" && answer.error.code !== "invalid") {
      clearTimeout(gapTimer);
      gapTimer = setTimeout(() => catchUp(), beforeReturning(answer.error.retry_after || 2));
    } else {
      become("offline", answer.error.message);
      again(beforeReturning(answer.error.retry_after || 2));
    }
  }

  function join() {
    sequence.forget();
    // The person: in another window of this browser somebody else may have signed in, whose things do not belong on this page.
    const { workshop, view, person, lang } = page;
    void ask("join", { workshop, view, person, lang, since: sequence.last, ...sequence.made }, ANSWER_WITHIN);
  }

  /** @param {number} [within] ms */
  function catchUp(within = ANSWER_WITHIN) {
    if (state === "live" && socket.connected && !sequence.held) void ask("catch_up", { since: sequence.last, ...sequence.made }, within);
  }

  function hear() {
    heard = Date.now();
  }

  /** @param {import("./sequence.js").Step} step */
  function take(step) {
    if (step.regions) {
      handlers.step(step);
      saySeen();
    }
    clearTimeout(gapTimer);
    if (step.gap) gapTimer = setTimeout(() => sequence.gap && catchUp(), GAP_PATIENCE);
    else if (own > sequence.last) gapTimer = setTimeout(() => own > sequence.last && catchUp(), OWN_PATIENCE);
  }

  /** The author of a change sees how many have it before their eyes: at most once a second, the latest. */
  function saySeen() {
    if (seenTimer || document.hidden || sequence.last === seen) return;
    seenTimer = setTimeout(() => {
      seenTimer = undefined;
      if (document.hidden || state !== "live" || sequence.last === seen) return;
      seen = sequence.last;
      socket.emit("signal", { kind: "seen", seq: seen });
    }, 1000);
  }

  /** Something may have been missed, or the line be dead without knowing. */
  function look() {
    if (state === "left" || document.hidden || performance.now() - lastLook < LOOK_PAUSE) return;
    lastLook = performance.now();
    saySeen();
    if (Date.now() - heard > SILENT) restart();
    else if (state === "live" && socket.connected) catchUp(PROBE_WITHIN);
    else if (!sequence.held) restart();
  }

  socket.on("connect", () => {
    hear();
    join();
  });
  socket.on("disconnect", (reason) => {
    sequence.forget();
    clearTimeout(gapTimer);
    if (state === "left") return;
    if (state !== "offline") become("offline"); // it may already say why
    if (reason !== "io client disconnect") tryAgain();
  });
  socket.on("connect_error", (error) => {
    if (state === "left") return;
    if (error.message === "unauthenticated") return leave("unauthenticated");
    if (state !== "offline") become("offline");
    // A firewall that swallows WebSocket packets gives no error, only silence: then polling goes first, next time the other way.
    if (error.message === "timeout") socket.io.opts.transports = /** @type {any[]} */ (socket.io.opts.transports).slice().reverse();
    tryAgain();
  });
  socket.io.on("ping", hear);
  socket.on("patch", (patch) => {
    hear();
    told = Date.now();
    take(sequence.receive(patch));
  });
  socket.on("signal", handlers.signal);
  socket.on("leave", (message) => {
    const reason = String((message && message.reason) || "");
    if (reason !== "draining") return leave(reason);
    become("offline", reason);
    socket.disconnect();
    again(beforeReturning(Number(message.retry_after) || 0));
  });

  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", (event) => event.persisted && look());
  window.addEventListener("online", look);
  let beat = Date.now();
  setInterval(() => {
    const now = Date.now();
    if (now - beat > SLEPT) look();
    else if (now - told > QUIET) {
      told = now;
      catchUp();
    }
    beat = now;
  }, HEARTBEAT);

  /** @param {{key: string, name: string, args: object}} command @returns {Promise<import("./outbox.js").Reply | null>} */
  async function overHttp(command) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN);
    try {
      const response = await fetch(`/w/${encodeURIComponent(page.workshop)}/commands`, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": page.csrf },
        body: JSON.stringify({ id: command.key, name: command.name, args: command.args }),
        signal: abort.signal,
      });
      const reply = await response.json();
      return reply && typeof reply.ok === "boolean" ? reply : null; // a proxy's or a hotel's page is no answer
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    start() {
      become("connecting");
      socket.connect();
    },

    /** Something ephemeral: not kept, not sent again. @param {object} message */
    signal(message) {
      if (socket.connected) socket.emit("signal", message);
    },

    /** Stop for good. @param {string} reason */
    stop: leave,

    /** @param {import("./outbox.js").Entry} command @returns {Promise<import("./outbox.js").Reply | null>} null: no answer */
    async send(command) {
      // What made the line break three times goes another way: the packet itself may be what breaks it.
      const breaksTheLine = (command.lost || 0) >= 3;
      if (state === "live" && socket.connected && !breaksTheLine) {
        const message = { id: command.key, name: command.name, args: command.args };
        const reply = await socket.timeout(ANSWER_WITHIN).emitWithAck("command", message).catch(() => null);
        if (reply && reply.ok) own = Math.max(own, reply.seq);
        if (own > sequence.last) take({ regions: null, reset: false, released: false, gap: sequence.gap });
        if (!reply) {
          command.lost = (command.lost || 0) + 1;
          catchUp(PROBE_WITHIN); // and if that is not answered either, the line is dead
        }
        return reply;
      }
      const dead = state !== "left" && state !== "live" && performance.now() - offlineSince >= HTTP_AFTER;
      return dead || breaksTheLine ? overHttp(command) : null;
    },

    /** The last number that is on the page. */
    get last() {
      return sequence.last;
    },

    get live() {
      return state === "live";
    },
  };
}
