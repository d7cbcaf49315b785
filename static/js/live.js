/** A workshop's page, live. Wiring only: each module does one thing and knows as little as possible of the others. */

import { announcePatch, say, startAnnouncing } from "./announce.js";
import { createAsides } from "./asides.js";
import { guessServerTime, paintClocks, setServerTime, startClocks } from "./clock.js";
import { ask } from "./confirm.js";
import { connect } from "./connection.js";
import { startCopying } from "./copy.js";
import { createDrafts } from "./drafts.js";
import { createFinder } from "./finder.js";
import { createForms, isBusy } from "./forms.js";
import { createHold } from "./hold.js";
import { createOutbox, uuid, watchTabs } from "./outbox.js";
import { createOwn } from "./own.js";
import { applyRegions, startPatching, withoutMoving } from "./patch.js";
import { offerReload } from "./release.js";
import { beforeSigningOut, leaveNothing } from "./sign-out.js";
import { sound, startSound } from "./sound.js";
import { createSlides } from "./slides.js";
import { openStore } from "./store.js";
import { t, useTexts } from "./texts.js";
import { createTyping } from "./typing.js";

const { workshop = "", view = "room", seq, epoch = "", release = "", lang = "en", now, person = "" } = document.body.dataset;
const scope = `${workshop} ${person}`;

async function start() {
  useTexts(JSON.parse((document.getElementById("texts") || {}).textContent || "{}"), lang);
  guessServerTime(Number(now));
  const hold = createHold(put);
  startPatching((regions) => hold.put(regions, false));
  startSound(/** @type {HTMLInputElement | null} */ (document.getElementById("sound")));
  startClocks((warning) => {
    say(t(warning));
    sound(warning);
  });
  startAnnouncing(document.body);
  startCopying();

  const store = openStore();
  const own = createOwn(store, scope);
  const drafts = createDrafts(store, scope, (form) => forms.restored(form));
  const forms = createForms(drafts);
  const meta = document.querySelector("meta[name=csrf-token]");
  const csrf = (meta && meta.getAttribute("content")) || "";

  const connection = connect({ workshop, view, person: Number(person), lang, seq: Number(seq) || 0, epoch, release, csrf }, {
    state: (state, reason) => {
      showConnection(state, reason, store.durable);
      // What other tabs left behind when they were closed is ours to send.
      if (state === "live") void outbox.adopt();
      else if (state === "left") outbox.stop(t(reason === "revoked" ? "left_revoked" : "signed_out_kept"));
      else outbox.pause();
      // Whoever may see nothing any more keeps what they wrote, and nothing else.
      if (reason === "revoked") put({}, true);
      // Not a session that ended: that keeps what is written.
      if (reason === "signed_out") void leaveNothing();
    },
    step: ({ regions, reset, released }) => {
      if (regions) hold.put(regions, reset);
      if (released) offerReload(() => isBusy() || outbox.waiting.length > 0);
    },
    now: setServerTime,
    signal: (signal) => {
      if (signal.kind === "seen") forms.seen(signal.seq, signal.count, signal.of);
      if (signal.kind === "typing") typing.hear(signal);
      asides.hear(signal);
      const presence = document.getElementById("presence");
      if (signal.kind === "presence" && presence) presence.textContent = t("presence", { n: signal.count });
    },
    carries: () => outbox.wake(connection.live),
  });

  const asides = createAsides(connection.signal);
  const typing = createTyping(connection.signal);
  const finder = createFinder();
  const slides = createSlides(csrf);
  slides.refresh();
  const tab = uuid();
  const outbox = createOutbox({
    store,
    scope,
    tab,
    aliveTabs: watchTabs(tab),
    send: connection.send,
    say: t,
    handlers: {
      taken: (entry) => {
        if (forms.taken(entry)) tellTabs(entry);
      },
      progress: forms.progress,
      refused: (entry, error) => forms.refused(entry, error, outbox),
      saved: async (entry, number, result) => {
        forms.saved(entry, number);
        forms.refresh(connection.last);
        tellTabs(entry);
        await own.saved(entry, result);
        document.dispatchEvent(new CustomEvent("command-saved", { detail: { name: entry.name, result } }));
      },
    },
  });

  const tabs = typeof BroadcastChannel === "function" ? new BroadcastChannel(`facilitation ${scope}`) : null;
  if (tabs) tabs.onmessage = ({ data }) => forms.sentElsewhere(data);

  /** @param {import("./outbox.js").Entry} entry */
  function tellTabs({ form, texts }) {
    if (tabs) tabs.postMessage({ form, texts });
  }

  /** @param {Record<string, string>} regions @param {boolean} reset */
  function put(regions, reset) {
    withoutMoving(() => patch(regions, reset));
  }

  /** @param {Record<string, string>} regions @param {boolean} reset */
  function patch(regions, reset) {
    const applied = applyRegions(regions, reset);
    applied.touched.forEach((element) => drafts.restore(element));
    applied.lost.forEach((lost) => forms.lost(lost, outbox));
    forms.refresh(connection.last);
    own.refresh();
    asides.refresh();
    slides.refresh();
    paintClocks();
    finder.follow();
    announcePatch(applied, reset);
  }

  beforeSigningOut(async () => {
    const unsent = await store.all("outbox", scope);
    if ((unsent.length || own.size) && !(await ask(t("sign_out")))) return false;
    connection.stop("stopped");
    return true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!store.durable && outbox.waiting.length) event.preventDefault();
  });
  // Another tab may just have been closed with something in it.
  document.addEventListener("visibilitychange", () => !document.hidden && void outbox.adopt());

  forms.start(outbox);
  // Gestures that are no form: dragging, keys.
  document.addEventListener("give-command", (event) => {
    const { name, args } = /** @type {CustomEvent} */ (event).detail;
    void outbox.add({ name, args, form: "", texts: {} });
  });
  await Promise.all([drafts.start(), own.start()]);
  await outbox.adopt();
  connection.start();
}

/** @param {import("./connection.js").State} state @param {string} reason  a word, or the server's own words @param {boolean} durable */
function showConnection(state, reason, durable) {
  const element = document.getElementById("connection");
  if (!element) return;
  element.dataset.state = state;
  const text = element.querySelector("[data-connection-text]") || element;
  if (reason === "draining") text.textContent = t("left_draining");
  else if (state === "left") text.textContent = t(reason === "revoked" ? "left_revoked" : "left_signed_out");
  else text.textContent = reason || t(state === "offline" && !durable ? "offline_in_memory" : state);
}

void start();
