/**
 * Puts regions on the page: insert, morph, remove, and nothing else moves. What somebody types, has ticked or opened, where the
 * focus is and what is at the top of the window stay as they are.
 */

import { Idiomorph } from "idiomorph";
import { commandForms, fieldsOf, findForm, hasValue, isTouched, nameForms, textFieldsOf } from "./fields.js";

/**
 * @typedef {{key: string, texts: Record<string, string>}} Lost  text in a form that went away under the writer's hands
 * @typedef {{inserted: Element[], touched: Element[], lost: Lost[]}} Applied
 */

/**
 * Regions with something withheld because the focus was in it: their HTML is applied when the focus has gone.
 * @type {Map<string, string>}
 */
const withheld = new Map();

/** @param {(regions: Record<string, string>) => void} apply  called when withheld regions can be applied */
export function startPatching(apply) {
  nameForms(document.body);
  // Ours is the only hand on the scroll position: two that compensate would overshoot.
  document.documentElement.style.setProperty("overflow-anchor", "none");
  document.addEventListener("focusout", () =>
    setTimeout(() => {
      const free = Array.from(withheld).filter(([id]) => !holdsFocus(document.getElementById(id)));
      if (!free.length) return;
      free.forEach(([id]) => withheld.delete(id));
      apply(Object.fromEntries(free));
    }),
  );
}

/**
 * @param {Record<string, string>} regions @param {boolean} reset  these are all: other regions on the page are gone
 * @returns {Applied}
 */
export function applyRegions(regions, reset) {
  /** @type {Applied} */
  const applied = { inserted: [], touched: [], lost: [] };
  /** @type {Lost[]} */
  const written = [];
  const backToFocus = rememberFocus();
  if (reset) {
    for (const region of Array.from(document.querySelectorAll("[data-in][id]"))) {
      if (idOf(region) in regions) continue;
      written.push(...writtenIn(region));
      region.remove();
    }
  }
  for (const [id, html] of Object.entries(regions)) {
    const old = document.getElementById(id);
    withheld.delete(id);
    if (old) written.push(...writtenIn(old));
    if (html === "") {
      if (old) old.remove();
      continue;
    }
    const fresh = parse(html);
    if (!fresh || idOf(fresh) !== id) continue;
    nameForms(fresh);
    if (old) morph(old, fresh, html, applied);
    else insert(fresh, applied);
  }
  backToFocus();
  applied.lost = written.filter(isLost);
  return applied;
}

/** What is looked at stays where it is, whatever comes or goes above it. @param {() => void} change  with all that follows from it */
export function withoutMoving(change) {
  const backToPlace = rememberPlace();
  change();
  backToPlace();
}

/** @param {Element} element  which may be a form with a field named `id` */
function idOf(element) {
  return element.getAttribute("id") || "";
}

/** @param {string} html @returns {Element | null} */
function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** @param {Element} region @returns {Lost[]} what would be lost with it */
function writtenIn(region) {
  return commandForms(region).flatMap((form) => {
    const written = textFieldsOf(form).filter((field) => isTouched(field) && field.value.trim());
    if (!written.length) return [];
    return [{ key: idOf(form), texts: Object.fromEntries(written.map((field) => [field.name, field.value])) }];
  });
}

/** @param {Lost} written */
function isLost({ key, texts }) {
  const form = findForm(key);
  const there = form ? textFieldsOf(form) : [];
  return Object.entries(texts).some(([name, text]) => !there.some((field) => field.name === name && field.value === text));
}

/** @param {Element} fresh @param {Applied} applied */
function insert(fresh, applied) {
  const container = document.getElementById(fresh.getAttribute("data-in") || "");
  if (!container) return;
  const element = document.importNode(fresh, true);
  place(element, container);
  applied.inserted.push(element);
  applied.touched.push(element);
}

/** Most arrive at the end, so look from there. @param {Element} element @param {Element} container */
function place(element, container) {
  /** @type {Element | null} */
  let next = null;
  const others = Array.from(container.children).filter((child) => child !== element && child.hasAttribute("data-order"));
  for (let at = others.length - 1; at >= 0 && comesBefore(element, others[at]); at -= 1) next = others[at];
  if (!next && others.length) next = others[others.length - 1].nextElementSibling;
  if (next === element || (element.isConnected && element.nextElementSibling === next)) return;
  container.insertBefore(element, next);
}

/** @param {Element} a @param {Element} b */
function comesBefore(a, b) {
  const [one, two] = [a.getAttribute("data-order") || "", b.getAttribute("data-order") || ""];
  return one === two ? idOf(a) < idOf(b) : one < two;
}

/** @param {Element} old @param {Element} fresh @param {string} html @param {Applied} applied */
function morph(old, fresh, html, applied) {
  const order = old.getAttribute("data-order");
  const choices = rememberChoices(old);
  Idiomorph.morph(old, fresh, {
    morphStyle: "outerHTML",
    restoreFocus: false, // done once for the whole patch
    callbacks: {
      beforeNodeMorphed(from, to) {
        if (!(from instanceof Element) || !(to instanceof Element)) return true;
        if (isOurs(from)) return false;
        if (holdBackVersion(from, to)) return false;
        const focused = from === document.activeElement;
        if (focused && (hasValue(from) || from instanceof HTMLSelectElement)) {
          withheld.set(idOf(old), html);
          return false;
        }
        return !(hasValue(from) && isTouched(from));
      },
      beforeAttributeUpdated(name, element) {
        if (name === "open") return !(element instanceof HTMLDetailsElement || element instanceof HTMLDialogElement);
        if (name === "checked") return !isTouched(element);
        if (name === "selected") return !choices.some(({ select }) => select.contains(element));
        if (name === "aria-describedby" || name === "aria-invalid") return element.getAttribute("aria-invalid") !== "true";
        return true;
      },
      beforeNodeRemoved(node) {
        return !(node instanceof Element) || !node.hasAttribute("data-client");
      },
    },
  });
  // Another kind of element under the same id is another element.
  const now = document.getElementById(idOf(old));
  if (!now) return;
  choices.forEach(({ restore }) => restore());
  if (now.parentElement && now.getAttribute("data-order") !== order) place(now, now.parentElement);
  applied.touched.push(now);
}

/** What scripts wrote, and receipts, are not the server's to change. @param {Element} element */
function isOurs(element) {
  return element.hasAttribute("data-client") || element.matches("output.receipt");
}

/**
 * Somebody is changing a text while somebody else saves a newer one: if the hidden version followed, sending would overwrite the
 * other's words unseen. It stays, the server answers `stale`, and forms.js then takes the version noted here.
 * @param {Element} from @param {Element} to
 */
function holdBackVersion(from, to) {
  if (!(from instanceof HTMLInputElement && from.type === "hidden" && /^version(\.|$)/.test(from.name) && from.form)) return false;
  if (!textFieldsOf(from.form).some(isTouched)) return false;
  from.dataset.latest = to.getAttribute("value") || "";
  return true;
}

/** New options arrive in a list where somebody has chosen: the choice stays. @param {Element} region */
function rememberChoices(region) {
  return fieldsOf(region).flatMap((select) => {
    if (!(select instanceof HTMLSelectElement) || !isTouched(select)) return [];
    const chosen = Array.from(select.selectedOptions, (option) => option.value);
    const restore = () => {
      const options = Array.from(select.options);
      if (!options.some((option) => chosen.includes(option.value))) return;
      for (const option of options) option.selected = chosen.includes(option.value);
    };
    return [{ select, restore }];
  });
}

/** @param {Element | null} element */
function holdsFocus(element) {
  return element !== null && document.activeElement !== document.body && element.contains(document.activeElement);
}

/** @returns {() => void} */
function rememberFocus() {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement) || active === document.body) return () => undefined;
  const region = active.closest("[data-in]");
  const container = region && region.parentElement;
  const selection = hasValue(active) ? [active.selectionStart, active.selectionEnd, active.selectionDirection] : null;
  return () => {
    if (document.activeElement === active) return;
    if (active.isConnected) {
      active.focus({ preventScroll: true });
      if (selection && selection[0] !== null && hasValue(active)) {
        active.setSelectionRange(Number(selection[0]), Number(selection[1]), /** @type {"none"} */ (selection[2]));
      }
      return;
    }
    // The pressed button is gone. Stay where it was, rather than send a keyboard to the top of the page.
    const near = region && region.isConnected ? region : container;
    if (!(near instanceof HTMLElement) || !near.isConnected) return;
    near.tabIndex = -1;
    near.focus({ preventScroll: true });
  };
}

/**
 * What kept its place last: where it was wanted, and where it was left. Windows scroll by whole pixels; what is missing is made good
 * with the next change, so that fifty changes do not add up.
 * @type {{element: Element, wanted: number, left: number} | null}
 */
let kept = null;

/**
 * What is looked at keeps its place in the window, though things above it come and go: the focused field if it is in sight, else
 * the first region in sight that is still there afterwards. @returns {() => void}
 */
function rememberPlace() {
  const active = document.activeElement;
  const candidates = active && active !== document.body ? [active] : [];
  if (window.scrollY > 0) candidates.push(...Array.from(document.querySelectorAll("[data-in]")));
  /** @type {{element: Element, top: number}[]} */
  const places = [];
  for (const element of candidates) {
    const { top, bottom, height } = element.getBoundingClientRect();
    const wanted = kept && kept.element === element && kept.left === top && Math.abs(kept.wanted - top) < 1 ? kept.wanted : top;
    if (height && bottom > 0 && top < window.innerHeight) places.push({ element, top: wanted });
    if (places.length > 30) break;
  }
  return () => {
    const place = places.find(({ element }) => element.isConnected);
    if (!place) return;
    const moved = place.element.getBoundingClientRect().top - place.top;
    if (Math.abs(moved) >= 1) window.scrollBy({ top: moved, behavior: /** @type {ScrollBehavior} */ ("instant") });
    kept = { element: place.element, wanted: place.top, left: place.element.getBoundingClientRect().top };
  };
}
