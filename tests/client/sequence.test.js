import assert from "node:assert/strict";
import { test } from "node:test";
import { createSequence } from "../../static/js/sequence.js";

const start = () => createSequence({ last: 10, epoch: "e1", release: "r1" });
const patch = (from, seq, regions = { [`card-${seq}`]: `<p id="card-${seq}">` }) => ({ from, seq, regions });
const answer = (seq, regions = {}, more = {}) => ({ seq, regions, epoch: "e1", release: "r1", ...more });

test("the next number is applied", () => {
  const sequence = start();
  const step = sequence.receive(patch(11, 11));
  assert.deepEqual(Object.keys(step.regions), ["card-11"]);
  assert.equal(step.gap, false);
  assert.equal(sequence.last, 11);
});

test("a patch may cover several numbers, and none of our regions", () => {
  const sequence = start();
  assert.deepEqual(sequence.receive(patch(11, 15, {})).regions, {});
  assert.equal(sequence.last, 15);
});

test("what is already here is ignored", () => {
  const sequence = start();
  assert.equal(sequence.receive(patch(9, 10)).regions, null);
  assert.equal(sequence.last, 10);
});

test("a patch that overlaps is applied", () => {
  const sequence = start();
  assert.ok(sequence.receive(patch(8, 12)).regions);
  assert.equal(sequence.last, 12);
});

test("a gap waits, and closes when the missing patch comes late; the later HTML wins", () => {
  const sequence = start();
  const early = sequence.receive(patch(12, 12, { card: "new" }));
  assert.equal(early.regions, null);
  assert.equal(early.gap, true);
  assert.equal(sequence.gap, true);
  const late = sequence.receive(patch(11, 11, { card: "old", other: "x" }));
  assert.deepEqual(late.regions, { card: "new", other: "x" });
  assert.equal(late.gap, false);
  assert.equal(sequence.last, 12);
});

test("catching up closes a gap, with what came meanwhile on top", () => {
  const sequence = start();
  sequence.receive(patch(13, 13, { card: "13" }));
  const ticket = sequence.hold();
  assert.equal(sequence.receive(patch(14, 14, { other: "14" })).regions, null);
  const step = sequence.answer(ticket, answer(13, { card: "13", missed: "11" }));
  assert.deepEqual(step.regions, { card: "13", missed: "11", other: "14" });
  assert.equal(step.reset, false);
  assert.equal(sequence.last, 14);
});

test("patches that overtake the answer to join are kept for it", () => {
  const sequence = start();
  const ticket = sequence.hold();
  assert.equal(sequence.receive(patch(11, 12)).regions, null);
  assert.equal(sequence.last, 10);
  assert.equal(sequence.answer(ticket, answer(11)).reset, false);
  assert.equal(sequence.last, 12);
});

test("an answer can leave a gap", () => {
  const sequence = start();
  const ticket = sequence.hold();
  sequence.receive(patch(14, 14));
  assert.equal(sequence.answer(ticket, answer(12)).gap, true);
  assert.equal(sequence.last, 12);
});

for (const [what, given] of [
  ["a restored database", answer(40, {}, { epoch: "e2" })],
  ["new templates", answer(40, {}, { release: "r2" })],
  ["a server behind us", answer(3)],
]) {
  test(`${what} resets everything, once`, () => {
    const sequence = start();
    assert.equal(sequence.answer(sequence.hold(), given).reset, true);
    assert.equal(sequence.last, given.seq);
    assert.equal(sequence.answer(sequence.hold(), given).reset, false);
  });
}

test("only a new release asks for a new page", () => {
  assert.equal(start().answer(1, answer(11)), null);
  const sequence = start();
  assert.equal(sequence.answer(sequence.hold(), answer(40, {}, { epoch: "e2" })).released, false);
  assert.equal(sequence.answer(sequence.hold(), answer(40, {}, { epoch: "e2", release: "r2" })).released, true);
});

test("epochs may be numbers; a page that was told none takes the server's", () => {
  const sequence = createSequence({ last: 0, epoch: "", release: "7" });
  assert.equal(sequence.answer(sequence.hold(), { seq: 1, regions: {}, epoch: 3, release: 7 }).reset, false);
  assert.equal(sequence.answer(sequence.hold(), { seq: 1, regions: {}, epoch: 4, release: 7 }).reset, true);
});

test("an answer to an earlier question is nothing", () => {
  const sequence = start();
  const old = sequence.hold();
  sequence.forget();
  const ticket = sequence.hold();
  assert.equal(sequence.answer(old, answer(50)), null);
  assert.ok(sequence.answer(ticket, answer(11)));
});

test("no answer: what was kept is looked at again", () => {
  const sequence = start();
  const ticket = sequence.hold();
  sequence.receive(patch(11, 11));
  assert.deepEqual(Object.keys(sequence.giveUp(ticket).regions), ["card-11"]);
});

test("any order of arrival, with repeats, ends in the same page", () => {
  const all = Array.from({ length: 8 }, (_, i) => patch(11 + i, 11 + i, { [`r${i % 3}`]: String(i) }));
  for (let round = 0; round < 200; round += 1) {
    const sequence = start();
    const page = {};
    const shuffled = [...all, all[round % 8]].sort(() => Math.random() - 0.5);
    for (const one of shuffled) Object.assign(page, sequence.receive(one).regions);
    assert.equal(sequence.last, 18);
    assert.deepEqual(page, { r0: "6", r1: "7", r2: "5" });
  }
});
