import assert from "node:assert/strict";
import { test } from "node:test";
import { argsOf } from "../../static/js/args.js";

const text = (name, value, more = {}) => ({ name, type: "text", value, ...more });

test("fields are named like the arguments; those for the way without JavaScript are none", () => {
  const fields = [text("csrf_token", "x"), text("id", "y"), text("next", "/"), text("item", "round-1"), text("text", " a\nb ")];
  assert.deepEqual(argsOf(fields), { item: "round-1", text: " a\nb " });
});

test("empty is left out, unless it is meant", () => {
  assert.deepEqual(argsOf([text("reason", ""), text("note", "", { keepEmpty: true })]), { note: "" });
  assert.deepEqual(argsOf([{ name: "n", type: "number", value: "" }, { name: "m", type: "number", value: "", keepEmpty: true }]), { m: null });
});

test("dots nest", () => {
  assert.deepEqual(argsOf([text("title.mk", "Тема"), text("title.en", "Theme"), { name: "votes.t1", type: "number", value: "2" }]), {
    title: { mk: "Тема", en: "Theme" },
    votes: { t1: 2 },
  });
});

test("numbers", () => {
  assert.deepEqual(argsOf([{ name: "a", type: "number", value: "0" }, { name: "b", type: "range", value: "1.5" }, text("c", "5", { number: true }), text("d", "5")]), {
    a: 0, b: 1.5, c: 5, d: "5",
  });
});

test("a lone checkbox is yes or no, a radio is its value", () => {
  const box = (checked) => ({ name: "sure", type: "checkbox", value: "on", checked });
  assert.deepEqual(argsOf([box(true)]), { sure: true });
  assert.deepEqual(argsOf([box(false)]), { sure: false });
  const radio = (value, checked) => ({ name: "stance", type: "radio", value, checked });
  assert.deepEqual(argsOf([radio("agree", false), radio("object", true)]), { stance: "object" });
});

test("lists: checkboxes, hidden inputs, a select", () => {
  const tick = (value, checked) => ({ name: "sources", type: "checkbox", value, checked, list: true });
  assert.deepEqual(argsOf([tick("a", true), tick("b", false), tick("c", true)]), { sources: ["a", "c"] });
  assert.deepEqual(argsOf([tick("a", false)]), {});
  assert.deepEqual(argsOf([{ ...tick("a", false), keepEmpty: true }]), { sources: [] });
  const hidden = (value) => ({ name: "contributions", type: "hidden", value, list: true });
  assert.deepEqual(argsOf([hidden("1"), hidden("2")]), { contributions: ["1", "2"] });
  assert.deepEqual(argsOf([{ name: "langs", type: "select-multiple", value: "mk", chosen: ["mk", "sq"] }]), { langs: ["mk", "sq"] });
});

test("no name reaches what all objects share", () => {
  const names = ["__proto__.polluted", "constructor.prototype.polluted", "title.__proto__.polluted", "__proto__", "prototype.polluted"];
  const args = argsOf([...names.map((name) => text(name, "yes")), { name: "__proto__.list", type: "checkbox", value: "yes", checked: true, list: true }]);
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
  assert.equal(/** @type {any} */ ({}).list, undefined);
  assert.equal(Object.getPrototypeOf(args), Object.prototype);
  assert.deepEqual(Object.keys(args), []);
});
