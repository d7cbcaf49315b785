/** Slides: whoever likes leafs back, and returns to the presenter with one key; and the upload, with what became of it. */

import { t } from "./texts.js";

/** @param {string} csrf */
export function createSlides(csrf) {
  /** The page that is looked at instead of the presenter's. @type {{deck: string, page: number} | null} */
  let own = null;

  /** @returns {HTMLElement | null} */
  function section() {
    return document.querySelector("[data-slides]");
  }

  /** After a patch the presenter's page is on the page: put ours in its place, if it is still the same deck. */
  function refresh() {
    const place = section();
    if (!place) return;
    const { slides = "", page, pages, base = "" } = place.dataset;
    if (own && own.deck !== slides) own = null;
    const shown = own ? own.page : Number(page);
    const picture = place.querySelector("img");
    const source = `${base}${shown}.png`;
    if (picture && own && picture.getAttribute("src") !== source) {
      picture.src = source;
      picture.alt = t("slides_page", { page: shown, pages: String(pages) });
      void showText(place, `${base}${shown}.txt`);
    }
    const number = place.querySelector(".slides-place");
    if (number && own) number.textContent = t("slides_page", { page: shown, pages: String(pages) });
    const leaf = place.querySelector(".slides-leaf");
    if (leaf instanceof HTMLElement) leaf.hidden = false;
    for (const button of /** @type {HTMLButtonElement[]} */ (Array.from(place.querySelectorAll("[data-leaf]")))) {
      const by = Number(button.dataset.leaf);
      if (by) button.disabled = shown + by < 1 || shown + by > Number(pages);
      else button.hidden = !own;
    }
  }

  /** @param {HTMLElement} place @param {string} address */
  async function showText(place, address) {
    const response = await fetch(address, { credentials: "same-origin" }).catch(() => null);
    const text = place.querySelector(".slides-text p");
    if (response && response.ok && text) text.textContent = await response.text();
  }

  /** @param {number} by  0: back to the presenter */
  function leaf(by) {
    const place = section();
    if (!place) return;
    const { slides = "", page, pages, base = "" } = place.dataset;
    const now = own ? own.page : Number(page);
    const wanted = by ? Math.min(Number(pages), Math.max(1, now + by)) : Number(page);
    if (by) own = { deck: slides, page: wanted };
    else {
      const picture = place.querySelector("img");
      const number = place.querySelector(".slides-place");
      own = null;
      if (picture) picture.src = `${base}${wanted}.png`;
      if (number) number.textContent = t("slides_page", { page: wanted, pages: String(pages) });
      void showText(place, `${base}${wanted}.txt`);
    }
    refresh();
  }

  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest("[data-leaf]");
    if (button) leaf(Number(button.getAttribute("data-leaf")));
  });
  document.addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape" && own && !target.closest("dialog, input, textarea, select")) leaf(0);
    if (!target.closest("[data-slides]") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") leaf(-1);
    if (event.key === "ArrowRight") leaf(1);
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-slides-upload")) return;
    event.preventDefault();
    const receipt = form.querySelector("output");
    const button = form.querySelector("button");
    const tell = (/** @type {string} */ text) => receipt && (receipt.textContent = text);
    tell(t("slides_uploading"));
    if (button) button.disabled = true;
    const headers = { Accept: "application/json", "X-CSRFToken": csrf };
    const sent = { method: "POST", body: new FormData(form), credentials: /** @type {RequestCredentials} */ ("same-origin"), headers };
    const answer = await fetch(form.action, sent).then((response) => response.json()).catch(() => null);
    if (button) button.disabled = false;
    if (answer && answer.ok) form.reset();
    tell(!answer ? t("slides_lost") : answer.ok ? t("saved") : answer.error.message);
  });

  return { refresh };
}
