import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createOutbox, uuid } from "../../static/js/outbox.js";

/** A store in memory that outlives its tab, and a server whose answers the test writes. */
function make({ rows = new Map(), replies = {}, alive = () => false, disk = async () => undefined } = {}) {
  const log = { sent: [], saved: [], refused: [], taken: [], progress: [] };
  const store = {
    durable: true,
    put: async (_, row) => (await disk(row), void rows.set(row.key, structuredClone(row))),
    remove: async (_, key) => void rows.delete(key),
    all: async () => Array.from(rows.values(), (row) => structuredClone(row)),
  };
  const outbox = createOutbox({
    store, scope: "w p", tab: uuid(), say: (what) => what, aliveTabs: async () => alive,
    send: async (entry) => {
      log.sent.push(`${entry.name} ${entry.key}`);
      const reply = (replies[entry.name] || []).shift();
      return reply === undefined ? { ok: true, seq: log.sent.length, result: {} } : reply;
    },
    handlers: {
      taken: (entry) => log.taken.push(entry.name),
      progress: (entry, waitsFor) => log.progress.push(`${entry.name} ${waitsFor || "sending"}`),
      saved: async (entry) => void log.saved.push(entry.name),
      refused: (entry, error) => log.refused.push(`${entry.name} ${error.code}`),
    },
  });
  return { outbox, log, rows };
}
const command = (name, form = "here", args = {}) => ({ name, args, form, texts: { text: name } });
const refusal = (code, more = {}) => ({ ok: false, error: { code, message: code, ...more } });
const settled = async () => { for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve)); };

test("sent in order, then forgotten", async () => {
  const { outbox, log, rows } = make();
  await Promise.all(["a", "b", "c"].map((name) => outbox.add(command(name))));
  await settled();
  assert.deepEqual(log.saved, ["a", "b", "c"]);
  assert.equal(rows.size, 0);
});

test("nothing is sent before it is safe, also while others are on their way", async () => {
  const order = [];
  const disk = async (row) => (await settled(), order.push(`${row.name} stored`));
  const { outbox, log } = make({ disk });
  const taken = Promise.all(["a", "b"].map((name) => outbox.add(command(name))));
  log.sent.push = (line) => order.push(`${line[0]} sent`);
  log.taken.push = (name) => order.push(`${name} taken`);
  await taken;
  await settled();
  await settled();
  for (const name of ["a", "b"]) {
    const [stored, left, sent] = ["stored", "taken", "sent"].map((what) => order.indexOf(`${name} ${what}`));
    assert.ok(stored < left && left < sent, order.join(", "));
  }
});

test("without an answer it is sent again with the same id, and nothing overtakes it", async () => {
  const { outbox, log } = make({ replies: { a: [null, null] } });
  await outbox.add(command("a"));
  await outbox.add(command("b"));
  await settled();
  assert.equal(log.saved.length, 0);
  outbox.wake(true);
  await settled();
  outbox.wake(true);
  await settled();
  assert.deepEqual(log.saved, ["a", "b"]);
  assert.equal(new Set(log.sent.filter((line) => line.startsWith("a "))).size, 1);
  assert.deepEqual(log.sent.map((line) => line[0]), ["a", "a", "a", "b"]);
});

test("a reload goes on with the same id", async () => {
  const first = make({ replies: { a: [null] } });
  await first.outbox.add(command("a"));
  await settled();
  const second = make({ rows: first.rows });
  await second.outbox.adopt();
  await settled();
  assert.equal(second.log.sent[0], first.log.sent[0]);
  assert.equal(first.rows.size, 0);
});

test("what another open tab sends is left to it", async () => {
  const first = make({ replies: { a: [null] } });
  await first.outbox.add(command("a"));
  await settled();
  const second = make({ rows: first.rows, alive: () => true });
  await second.outbox.adopt();
  await settled();
  assert.deepEqual(second.log.sent, []);
});

test("too fast: waits as long as asked, then the same id", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { outbox, log } = make({ replies: { a: [refusal("too_fast", { retry_after: 3 })] } });
  void outbox.add(command("a"));
  await settled();
  outbox.wake(true);
  await settled();
  mock.timers.tick(2900);
  await settled();
  assert.equal(log.sent.length, 1);
  mock.timers.tick(600);
  await settled();
  mock.timers.reset();
  assert.deepEqual(log.saved, ["a"]);
  assert.equal(log.sent[0], log.sent[1]);
});

test("a refusal leaves the queue and is kept with its text and its reason, also over a reload, until it is dismissed", async () => {
  const first = make({ replies: { a: [refusal("not_now")] } });
  await first.outbox.add(command("a"));
  await first.outbox.add(command("b"));
  await settled();
  assert.deepEqual(first.log.refused, ["a not_now"]);
  assert.deepEqual(first.log.saved, ["b"]);
  const second = make({ rows: first.rows });
  await second.outbox.adopt();
  await settled();
  assert.deepEqual(second.log.refused, ["a not_now"]);
  assert.deepEqual(second.log.sent, []);
  const [row] = Array.from(first.rows.values());
  assert.deepEqual([row.state, row.texts.text, row.error.message], ["refused", "a", "not_now"]);
  await second.outbox.dismiss(row.key);
  assert.equal(first.rows.size, 0);
});

test("a refused button without a text is told once and not kept", async () => {
  const { outbox, rows, log } = make({ replies: { a: [refusal("not_now")] } });
  await outbox.add({ ...command("a"), texts: {} });
  await settled();
  assert.deepEqual(log.refused, ["a not_now"]);
  assert.equal(rows.size, 0);
});

test("what was refused is sent again as it was with its id, and mended with another", async () => {
  const given = { name: "a", form: "here", args: { title: { mk: "стар" } }, texts: { "title.mk": "стар" } };
  const { outbox, log, rows } = make({ replies: { a: [refusal("not_now"), refusal("not_now"), refusal("invalid")] } });
  await outbox.add(given);
  await settled();
  await outbox.add(structuredClone(given));
  await settled();
  assert.equal(log.sent[0], log.sent[1]);
  const [{ key }] = Array.from(rows.values());
  await outbox.again(key);
  await settled();
  assert.equal(log.sent[2], `a ${key}`);
  await outbox.mend(key, "title.mk", "нов");
  assert.equal(rows.get(key).texts["title.mk"], "нов");
  await outbox.again(key);
  await settled();
  assert.notEqual(log.sent[3], `a ${key}`);
  assert.deepEqual(log.saved, ["a"]);
  assert.equal(rows.size, 0);
});

/** A server that answers `unavailable` for ever, met with every wait skipped: how long the outbox waited, in ms. */
async function untilItGoesOn({ code = "unavailable", retry_after = 1 } = {}) {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const made = make({ replies: { a: Array.from({ length: 500 }, () => refusal(code, { retry_after })) } });
  void made.outbox.add(command("a"));
  void made.outbox.add(command("b"));
  await settled();
  let waited = 0;
  for (; !made.log.saved.length && waited < 600000; waited += 500) {
    mock.timers.tick(500);
    await settled();
  }
  mock.timers.reset();
  return { ...made, waited, tries: made.log.sent.filter((line) => line.startsWith("a ")).length };
}

test("what the server cannot take ten times, over minutes, is put aside with its text, and the next one goes", async () => {
  const { log, rows, waited, tries } = await untilItGoesOn();
  assert.equal(new Set(log.sent.filter((line) => line.startsWith("a "))).size, 1);
  assert.ok(tries >= 10 && tries < 15, `${tries} tries`);
  assert.ok(waited >= 120000 && waited < 300000, `${waited} ms`);
  assert.deepEqual(log.saved, ["b"]);
  assert.deepEqual(log.refused, ["a unavailable"]);
  assert.deepEqual(Array.from(rows.values(), (row) => [row.name, row.state, row.error.message]), [["a", "refused", "gave_up"]]);
});

test("unavailable: never sooner than the server asks", async () => {
  const { tries, waited } = await untilItGoesOn({ retry_after: 60 });
  assert.ok(waited >= 60000 * (tries - 1), `${tries} tries in ${waited} ms`);
});

test("too fast is for ever obeyed, and never put aside", async () => {
  const { log } = await untilItGoesOn({ code: "too_fast" });
  assert.deepEqual(log.refused, []);
  assert.deepEqual(log.saved, []);
});

test("a lost line puts nothing aside, however often", async () => {
  const { outbox, log } = make({ replies: { a: Array(50).fill(null) } });
  await outbox.add(command("a"));
  for (let i = 0; i < 60; i += 1) {
    await settled();
    outbox.wake(true);
  }
  await settled();
  assert.deepEqual(log.refused, []);
  assert.deepEqual(log.saved, ["a"]);
});

test("what it says is what happens: sending, waiting for the line or for the server, sending", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { outbox, log } = make({ replies: { a: [null, refusal("unavailable", { retry_after: 1 })] } });
  void outbox.add(command("a"));
  await settled();
  outbox.pause();
  void outbox.add(command("b"));
  await settled();
  outbox.wake(true);
  await settled();
  mock.timers.tick(10000);
  await settled();
  mock.timers.reset();
  const said = (name) => log.progress.filter((line) => line.startsWith(name)).map((line) => line.slice(2));
  const changes = (list) => list.filter((line, i) => line !== list[i - 1]);
  assert.deepEqual(changes(said("a")), ["sending", "waiting", "sending", "unavailable"]);
  assert.deepEqual(changes(said("b")), ["waiting", "unavailable", "sending"]);
  assert.deepEqual(log.saved, ["a", "b"]);
});

test("a clock set back neither stops the queue nor changes its order", async () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 7200000 });
  const first = make({ replies: { a: [null] } });
  void first.outbox.add(command("a"));
  await settled();
  mock.timers.setTime(3600000);
  const second = make({ rows: first.rows, replies: { a: [null] } });
  await second.outbox.adopt();
  void second.outbox.add(command("b"));
  await settled();
  assert.deepEqual(Array.from(first.rows.values()).sort((x, y) => x.at - y.at).map((row) => row.name), ["a", "b"]);
  mock.timers.tick(5000);
  await settled();
  mock.timers.reset();
  assert.deepEqual(second.log.saved, ["a", "b"]);
});

test("signed out: everything is kept, nothing is sent, until there is a line again", async () => {
  const { outbox, log, rows } = make({ replies: { a: [refusal("unauthenticated")] } });
  await outbox.add(command("a"));
  await outbox.add(command("b"));
  await settled();
  outbox.wake(false);
  await settled();
  assert.equal(log.sent.length, 1);
  assert.equal(rows.size, 2);
  const lastSaid = (name) => log.progress.filter((line) => line.startsWith(name)).pop();
  assert.deepEqual(["a", "b"].map(lastSaid), ["a signed_out_kept", "b signed_out_kept"]);
  outbox.wake(true);
  await settled();
  assert.deepEqual(log.saved, ["a", "b"]);
});

test("a second click is not a second command, a changed text is", async () => {
  const { outbox, log } = make({ replies: { a: [null] } });
  await outbox.add(command("a", "here", { text: "x" }));
  await outbox.add(command("a", "here", { text: "x" }));
  await outbox.add(command("a", "here", { text: "y" }));
  assert.equal(outbox.waiting.length, 2);
  outbox.wake(true);
  await settled();
  assert.equal(log.saved.length, 2);
});

test("what no server would take is not sent", async () => {
  const { outbox, log } = make();
  await outbox.add(command("a", "here", { text: "я".repeat(31000) }));
  await settled();
  assert.deepEqual(log.refused, ["a too_large"]);
  assert.deepEqual(log.sent, []);
});

test("ids are UUIDs, also where the browser makes none", () => {
  const own = crypto.randomUUID;
  crypto.randomUUID = undefined;
  const made = uuid();
  crypto.randomUUID = own;
  assert.match(made, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
