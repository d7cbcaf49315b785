import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createOutbox, uuid } from "../../static/js/outbox.js";

/** A store in memory that outlives its tab, and a server whose answers the test writes. */
function make({ rows = new Map(), replies = {}, alive = () => false } = {}) {
  const log = { sent: [], saved: [], refused: [], signedOut: [], progress: [] };
  const store = {
    durable: true,
    put: async (_, row) => void rows.set(row.key, structuredClone(row)),
    remove: async (_, key) => void rows.delete(key),
    all: async () => Array.from(rows.values(), (row) => structuredClone(row)),
  };
  const outbox = createOutbox({
    store, scope: "w p", tab: uuid(), tooLong: () => "too long", aliveTabs: async () => alive,
    send: async (entry) => {
      log.sent.push(`${entry.name} ${entry.key}`);
      const reply = (replies[entry.name] || []).shift();
      return reply === undefined ? { ok: true, seq: log.sent.length, result: {} } : reply;
    },
    handlers: {
      progress: (entry, going) => log.progress.push(`${entry.name} ${going}`),
      saved: async (entry) => void log.saved.push(entry.name),
      refused: (entry, error) => (log.refused.push(`${entry.name} ${error.code}`), entry.form === "here"),
      signedOut: (entry) => log.signedOut.push(entry.name),
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

test("a refusal leaves the queue; its text goes to its form or is kept", async () => {
  const { outbox, log, rows } = make({ replies: { a: [refusal("not_now")], b: [refusal("invalid")] } });
  await outbox.add(command("a"));
  await outbox.add(command("b", "gone"));
  await outbox.add(command("c"));
  await settled();
  assert.deepEqual(log.refused, ["a not_now", "b invalid"]);
  assert.deepEqual(log.saved, ["c"]);
  assert.deepEqual(Array.from(rows.values(), (row) => [row.name, row.state, row.texts.text]), [["b", "refused", "b"]]);
  await outbox.dismiss(Array.from(rows.keys())[0]);
  assert.equal(rows.size, 0);
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
  assert.ok(log.signedOut.includes("a"));
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
