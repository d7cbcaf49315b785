/**
 * What the other modules need to know about the fields of a form. A form may have a field named `id` (for the way without
 * JavaScript), so `form.id` is that field: attributes are read with getAttribute only.
 *
 * @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} FieldElement
 * @typedef {HTMLInputElement | HTMLTextAreaElement} TextField
 */

import { argsOf } from "./args.js";

const VALUELESS = ["hidden", "checkbox", "radio", "submit", "button", "reset", "image", "file"];
/** Hidden inputs that do not say *which* form this is: they change while it stays the same one. */
const PASSING = ["csrf_token", "id", "next", "version"];

/** @param {Element} root @returns {HTMLFormElement[]} the command forms in it, itself included */
export function commandForms(root) {
  const inside = Array.from(root.querySelectorAll("form[data-command]"));
  if (root.matches("form[data-command]")) inside.unshift(root);
  return /** @type {HTMLFormElement[]} */ (inside);
}

/**
 * The same form has the same key after a patch, a reload, and on another day: its id, or what it commands and about what.
 * @param {Element} form
 */
export function formKey(form) {
  const id = form.getAttribute("id");
  if (id) return id;
  const named = form.getAttribute("data-draft");
  if (named) return `draft:${named}`;
  const about = Array.from(form.querySelectorAll("input[type=hidden]"))
    .map((element) => /** @type {HTMLInputElement} */ (element))
    .filter((input) => input.name && !PASSING.includes(input.name) && !input.hasAttribute("data-passing"))
    .map((input) => `${input.name}=${input.value}`);
  return [form.getAttribute("data-command"), ...about].join(" ");
}

/**
 * Give every form its key as its id, on the page and in what arrives: so that morphing never takes one for its neighbour, with
 * somebody's text in it. @param {Element} root
 */
export function nameForms(root) {
  for (const form of commandForms(root)) if (!form.getAttribute("id")) form.setAttribute("id", formKey(form));
}

/** @param {string} key @returns {HTMLFormElement | null} */
export function findForm(key) {
  const found = document.getElementById(key);
  return found instanceof HTMLFormElement ? found : null;
}

/** @param {Element} form @returns {FieldElement[]} named fields, in order */
export function fieldsOf(form) {
  return /** @type {FieldElement[]} */ (
    Array.from(form.querySelectorAll("input[name], textarea[name], select[name]"))
  );
}

/** @param {Element} form @returns {TextField[]} where people write: what is kept as a draft and never lost */
export function textFieldsOf(form) {
  return /** @type {TextField[]} */ (fieldsOf(form).filter(isWritten));
}

/** @param {Element} element @returns {element is TextField} */
export function isWritten(element) {
  return element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && element.type === "text");
}

/** @param {Element} element @returns {element is TextField} it shows a value that a person can type or set */
export function hasValue(element) {
  return element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && !VALUELESS.includes(element.type));
}

/** The person has changed it since the server wrote it. @param {Element} element */
export function isTouched(element) {
  if (hasValue(element)) return element.value !== element.defaultValue;
  if (element instanceof HTMLSelectElement) {
    const options = Array.from(element.options);
    if (element.multiple || options.some((option) => option.defaultSelected)) {
      return options.some((option) => option.selected !== option.defaultSelected);
    }
    return element.selectedIndex > 0;
  }
  if (!(element instanceof HTMLInputElement)) return false;
  if (element.type === "radio" && element.form) {
    return fieldsOf(element.form).some(
      (other) => other instanceof HTMLInputElement && other.name === element.name && other.checked !== other.defaultChecked,
    );
  }
  return element.type === "checkbox" && element.checked !== element.defaultChecked;
}

/** Saved as it is: from here on the server's word counts again. @param {FieldElement} field */
export function settle(field) {
  if (field instanceof HTMLSelectElement) {
    for (const option of Array.from(field.options)) option.defaultSelected = option.selected;
  } else if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
    field.defaultChecked = field.checked;
  } else if (hasValue(field)) field.defaultValue = field.value;
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter the button pressed; its name and value count */
export function readForm(form, submitter) {
  const fields = fieldsOf(form).filter((field) => !field.matches(":disabled") && field.type !== "file");
  const button = submitter instanceof HTMLButtonElement && submitter.name ? [submitter] : [];
  return argsOf(
    [...fields, ...button].map((field) => ({
      name: field.name,
      type: field.type,
      value: field.value,
      checked: field instanceof HTMLInputElement && field.checked,
      chosen:
        field instanceof HTMLSelectElement && field.multiple
          ? Array.from(field.selectedOptions, (option) => option.value)
          : undefined,
      list: field.hasAttribute("data-list"),
      number: field.hasAttribute("data-number"),
      keepEmpty: field.hasAttribute("data-keep-empty"),
    })),
  );
}
