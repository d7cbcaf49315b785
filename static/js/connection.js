/**
 * The line to the server: connects, joins, keeps every number exactly once, carries commands. What it hears it passes on; it
 * knows nothing of the page but its being visible.
 */

import { io } from "socket.io-client";
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
const HTTP_AFTER = 5000;
const HEARTBEAT = 5000;
const SLEPT = 20000;
const CATCH_UP_PAUSE = 2000;
/** A server that refuses the connection itself, or has hung up, is asked again after this and up to as much more. */
const ASK_AGAIN = 3000;

/**
 * @param {{workshop: string, view: string, lang: string, seq: number, epoch: string, release: string, csrf: string}} page
 * @param {Handlers} handlers
 */
export function connect(page, handlers) {
  const sequence = createSequence({ last: page.seq, epoch: page.epoch, release: page.release });
  // WebSocket first: it needs no sticky sessions and saves two round trips. Where it is refused, long polling follows at once.
  const socket = io({ transports: ["websocket", "polling"], tryAllTransports: true, timeout: CONNECT_WITHIN, autoConnect: false,
    reconnectionDelay: 500, reconnectionDelayMax: 5000, randomizationFactor: 0.7 });

  /** @type {State} */
  let state = "connecting";
  let offlineSince = Date.now();
  let lastCatchUp = 0;
  let asking = false;
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
    if (state === "live" && next !== "live") offlineSince = Date.now();
    state = next;
    handlers.state(next, reason);
    clearTimeout(httpTimer);
    if (next === "live") handlers.carries();
    else if (next !== "left") httpTimer = setTimeout(handlers.carries, Math.max(0, offlineSince + HTTP_AFTER - Date.now()) + 10);
  }

  /** Whoever is told to go does not come back by themselves. @param {string} reason */
  function leave(reason) {
    become("left", reason);
    clearTimeout(againTimer);
    socket.disconnect();
  }

  /** @param {number} after ms, at least; jitter keeps two hundred browsers from coming back in the same moment */
  function again(after) {
    clearTimeout(againTimer);
    againTimer = setTimeout(restart, after + Math.random() * after);
  }

  function restart() {
    if (state === "left") return;
    socket.disconnect();
    socket.connect();
  }

  /** @param {"join" | "catch_up"} event @param {object} data */
  async function ask(event, data) {
    const ticket = sequence.hold();
    const sent = Date.now();
    asking = true;
    lastCatchUp = sent;
    clearTimeout(gapTimer);
    /** @type {JoinAnswer | {ok: false, error: {code: string, retry_after?: number}} | null} */
    const answer = await socket.timeout(ANSWER_WITHIN).emitWithAck(event, data).catch(() => null);
    asking = false;
    if (answer && answer.ok) {
      const step = sequence.answer(ticket, answer);
      if (!step) return;
      if (typeof answer.now === "number") handlers.now(answer.now, sent, Date.now());
      take(step);
      if (event === "join") become("live");
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
    else again((answer.error.retry_after || 2) * 1000);
  }

  function join() {
    sequence.forget();
    void ask("join", { workshop: page.workshop, view: page.view, since: sequence.last, lang: page.lang, ...sequence.made });
  }

  function catchUp() {
    if (state === "live" && socket.connected && !asking) void ask("catch_up", { since: sequence.last, ...sequence.made });
  }

  /** @param {import("./sequence.js").Step} step */
  function take(step) {
    if (step.regions) {
      handlers.step(step);
      saySeen();
    }
    clearTimeout(gapTimer);
    if (step.gap) gapTimer = setTimeout(() => sequence.gap && catchUp(), GAP_PATIENCE);
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
    if (state === "left" || document.hidden) return;
    saySeen();
    if (state === "live" && socket.connected) {
      if (Date.now() - lastCatchUp > CATCH_UP_PAUSE) catchUp();
    } else if (!asking && Date.now() - lastCatchUp > CATCH_UP_PAUSE) {
      lastCatchUp = Date.now();
      restart();
    }
  }

  socket.on("connect", join);
  socket.on("disconnect", (reason) => {
    sequence.forget();
    clearTimeout(gapTimer);
    if (state === "left") return;
    if (state !== "offline") become("offline"); // it may already say why
    // Every other reason makes socket.io come back by itself.
    if (reason === "io server disconnect") again(ASK_AGAIN);
  });
  socket.on("connect_error", (error) => {
    if (state === "left") return;
    if (error.message === "unauthenticated") return leave("unauthenticated");
    if (state !== "offline") become("offline");
    // A firewall that swallows WebSocket packets gives no error, only silence: then polling goes first, next time the other way.
    if (error.message === "timeout") {
      const first = socket.io.opts.transports;
      const polling = Array.isArray(first) && nameOf(first[0]) === "polling";
      socket.io.opts.transports = polling ? ["websocket", "polling"] : ["polling", "websocket"];
    }
    if (!socket.active) again(ASK_AGAIN);
  });
  socket.on("patch", (patch) => take(sequence.receive(patch)));
  socket.on("signal", handlers.signal);
  socket.on("leave", (message) => {
    const reason = String((message && message.reason) || "");
    if (reason !== "draining") return leave(reason);
    const after = (Number(message.retry_after) || 1) * 1000;
    become("offline", reason);
    socket.disconnect();
    again(after);
  });

  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", (event) => event.persisted && look());
  window.addEventListener("online", look);
  let beat = Date.now();
  setInterval(() => {
    const slept = Date.now() - beat > SLEPT;
    beat = Date.now();
    if (slept) look();
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

    /** Stop for good, as when signing out. */
    stop: () => leave("signed_out"),

    /** @param {import("./outbox.js").Entry} command @returns {Promise<import("./outbox.js").Reply | null>} null: no answer */
    async send(command) {
      // What made the line break three times goes another way: the packet itself may be what breaks it.
      const breaksTheLine = (command.lost || 0) >= 3;
      if (state === "live" && socket.connected && !breaksTheLine) {
        const message = { id: command.key, name: command.name, args: command.args };
        const reply = await socket.timeout(ANSWER_WITHIN).emitWithAck("command", message).catch(() => null);
        if (!reply) command.lost = (command.lost || 0) + 1;
        return reply;
      }
      const dead = state !== "left" && state !== "live" && Date.now() - offlineSince >= HTTP_AFTER;
      return dead || breaksTheLine ? overHttp(command) : null;
    },

    get live() {
      return state === "live";
    },
  };
}

/** socket.io replaces the names of transports by their classes. @param {any} transport @returns {string} */
function nameOf(transport) {
  return typeof transport === "string" ? transport : String(transport && transport.prototype && transport.prototype.name);
}
