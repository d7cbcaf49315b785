import assert from "node:assert/strict";
import { test } from "node:test";
import { minutesAndSeconds, serverNow, setServerTime } from "../../static/js/clock.js";
import { t, useTexts } from "../../static/js/texts.js";

test("placeholders and plural forms", () => {
  useTexts({ saved: "Saved", seen: { few: "Seen by {n} of {of} people", other: "Seen by {n} of {of} people" }, new_contributions: { one: "{n} nov", few: "{n} nova", other: "{n} novih" } }, "sr-Latn");
  assert.equal(t("saved"), "Saved");
  assert.equal(t("seen", { n: 4, of: 6 }), "Seen by 4 of 6 people");
  assert.deepEqual([1, 3, 5, 21].map((n) => t("new_contributions", { n })), ["1 nov", "3 nova", "5 novih", "21 nov"]);
});

test("Montenegrin counts as its neighbours do, not as the browser's own language", () => {
  useTexts({ presence: { one: "1", few: "few", other: "many" } }, "cnr");
  assert.equal(t("presence", { n: 3 }), "few");
});

test("a text that is missing shows its key", () => {
  useTexts({}, "mk");
  assert.equal(t("saved"), "saved");
});

test("clock digits", () => {
  assert.deepEqual([0, 59, 1500, -61, 5400, -0].map(minutesAndSeconds), ["00:00", "00:59", "25:00", "−01:01", "90:00", "00:00"]);
});

test("the server's time: the shortest round trip counts, unless this computer's clock was set", () => {
  const off = () => Math.round((serverNow() - Date.now()) / 100) * 100;
  const now = Date.now();
  setServerTime(now + 5000 + 200, now, now + 400);
  assert.equal(off(), 5000);
  setServerTime(now + 5100 + 450, now, now + 900);
  assert.equal(off(), 5000);
  setServerTime(now + 5010 + 20, now, now + 40);
  assert.equal(off(), 5000);
  setServerTime(now + 65000 + 200, now, now + 400);
  assert.equal(off(), 65000);
});
