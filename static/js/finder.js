/** Finding contributions: what is looked for is shown with every keystroke in the place of the list, and follows what happens. */

/** ms after a change of the page, or the last keystroke, until all that can be done about what was found is there too */
const FOLLOW_AFTER = 600;

export function createFinder() {
  const place = document.getElementById("found");
  const list = document.getElementById("in-cards");
  /** @type {AbortController | undefined} */
  let asking;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let following;

  /** @returns {HTMLFormElement | null} */
  function form() {
    const found = document.getElementById("filters");
    return found instanceof HTMLFormElement ? found : null;
  }

  /** @returns {URLSearchParams} what is looked for; empty: nothing */
  function wanted() {
    const there = form();
    const values = there ? Array.from(new FormData(there), ([name, value]) => [name, String(value).trim()]) : [];
    return new URLSearchParams(values.filter(([, value]) => value));
  }

  /** @param {boolean} handle  with what a facilitator can do: many forms, too slow for each keystroke */
  async function find(handle) {
    const there = form();
    const query = wanted();
    clearTimeout(following);
    if (asking) asking.abort();
    if (!place || !list || !there) return;
    const looks = Array.from(query).length > 0;
    if (!looks) {
      place.hidden = true;
      list.hidden = false;
      place.textContent = "";
      return;
    }
    asking = new AbortController();
    query.set("part", "1");
    const facilitates = document.body.dataset.view === "console";
    if (facilitates && handle) query.set("handle", "1");
    try {
      const response = await fetch(`${there.action}?${query}`, { signal: asking.signal, credentials: "same-origin" });
      if (!response.ok) return;
      const template = document.createElement("template");
      template.innerHTML = await response.text();
      place.replaceChildren(template.content);
      place.hidden = false;
      list.hidden = true;
      if (facilitates && !handle) follow();
    } catch {
      // Another keystroke came first, or the line is gone: what was found last stays.
    }
  }

  document.addEventListener("input", ({ target }) => {
    const there = form();
    if (there && target instanceof Node && there.contains(target)) void find(false);
  });
  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    void find(true);
  });

  /** The page has changed. Not under the hands of somebody who is at one of the cards. */
  function follow() {
    if (!place || place.hidden || place.contains(document.activeElement)) return;
    clearTimeout(following);
    following = setTimeout(() => void find(true), FOLLOW_AFTER);
  }

  return { follow };
}
