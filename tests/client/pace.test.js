import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { beforeReconnecting, beforeResending, beforeReturning } from "../../static/js/pace.js";

/** The waits of two hundred browsers whose dice fall evenly, in order. */
function ofTwoHundred(wait) {
  let n = 0;
  const dice = mock.method(Math, "random", () => (n++ % 200) / 200);
  const waits = Array.from({ length: 200 }, wait).sort((a, b) => a - b);
  dice.mock.restore();
  return waits;
}

/** Nowhere more than their share, however one looks. */
function assertSpread(waits, from, to) {
  assert.ok(waits[0] >= from && waits[199] <= to, `${waits[0]}–${waits[199]} ms`);
  assert.ok(waits[199] - waits[0] > (to - from) * 0.9);
  for (let i = 20; i < 200; i += 1) assert.ok(waits[i] - waits[i - 20] > (to - from) * 0.08, `crowded at ${waits[i]} ms`);
}

test("when the line breaks, two hundred browsers come back one after another, within 0.5–2.5 s", () => {
  assertSpread(ofTwoHundred(() => beforeReconnecting(0)), 500, 2500);
});

test("later tries are just as spread, and never more than 5 s apart", () => {
  for (const tries of [1, 2, 20]) assertSpread(ofTwoHundred(() => beforeReconnecting(tries)), 1000, 5000);
});

test("a server that leaves is not asked before it said, and then not by all at once", () => {
  assertSpread(ofTwoHundred(() => beforeReturning(2)), 2000, 4000);
  assertSpread(ofTwoHundred(() => beforeReturning(0)), 0, 2000);
  assertSpread(ofTwoHundred(() => beforeReturning(10)), 10000, 20000);
});

test("resending backs off to half a minute, spread, and never before the server said", () => {
  assertSpread(ofTwoHundred(() => beforeResending(0)), 1000, 1500);
  assertSpread(ofTwoHundred(() => beforeResending(99)), 30000, 45000);
  assertSpread(ofTwoHundred(() => beforeResending(0, 20)), 20000, 30000);
});
