/**
 * A form's fields → the arguments of its command. Pure, so that it can be tested without a page.
 *
 * @typedef {object} Field
 * @property {string} name       a dotted name nests: `title.mk` → {title: {mk: …}}
 * @property {string} type       as of the DOM: text, textarea, hidden, number, checkbox, radio, select-one, select-multiple, submit …
 * @property {string} value
 * @property {boolean} [checked]
 * @property {string[]} [chosen]     of a select-multiple
 * @property {boolean} [list]        data-list: one of several values of an array
 * @property {boolean} [number]      data-number: a number though not a number input
 * @property {boolean} [keepEmpty]   data-keep-empty: send "" (or [] or null) rather than leave it out
 */

/** For the way without JavaScript only. */
const NOT_ARGUMENTS = ["csrf_token", "id", "next"];

/** Names that lead out of the arguments, to what all objects share. */
const REACHES_FURTHER = ["__proto__", "constructor", "prototype"];

/** @param {Field[]} fields @returns {Record<string, unknown>} */
export function argsOf(fields) {
  /** @type {Record<string, unknown>} */
  const args = {};
  for (const field of fields) {
    if (!field.name || NOT_ARGUMENTS.includes(field.name)) continue;
    if (field.list || field.type === "select-multiple") addToList(args, field);
    else {
      const value = valueOf(field);
      if (value !== undefined) setArg(args, field.name, value);
    }
  }
  return args;
}

/** @param {Field} field @returns {unknown} undefined: leave it out */
function valueOf(field) {
  if (field.type === "checkbox") return field.checked === true;
  if (field.type === "radio" && !field.checked) return undefined;
  const isNumber = field.number || field.type === "number" || field.type === "range";
  if (field.value === "") return field.keepEmpty ? (isNumber ? null : "") : undefined;
  return isNumber ? Number(field.value) : field.value;
}

/** @param {Record<string, unknown>} args @param {Field} field */
function addToList(args, field) {
  const ticks = field.type === "checkbox" || field.type === "radio";
  const values = field.chosen || (ticks && !field.checked ? [] : [field.value]);
  const wanted = values.filter((value) => value !== "").map((value) => (field.number ? Number(value) : value));
  const before = getArg(args, field.name);
  const list = (Array.isArray(before) ? before : []).concat(wanted);
  if (list.length || field.keepEmpty) setArg(args, field.name, list);
}

/** @param {Record<string, any>} args @param {string} name */
export function getArg(args, name) {
  return name.split(".").reduce((/** @type {any} */ at, part) => (at === undefined ? undefined : at[part]), args);
}

/** @param {Record<string, any>} args @param {string} name @param {unknown} value */
export function setArg(args, name, value) {
  const parts = name.split(".");
  if (parts.some((part) => REACHES_FURTHER.includes(part))) return;
  const end = /** @type {string} */ (parts.pop());
  let at = args;
  for (const part of parts) at = at[part] = at[part] && typeof at[part] === "object" ? at[part] : {};
  at[end] = value;
}
