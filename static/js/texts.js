/**
 * What the scripts say, in the page's language: rendered by the server into `<script type="application/json" id="texts">`.
 *
 * @typedef {"connecting" | "live" | "offline" | "offline_in_memory" | "left_signed_out" | "left_revoked" | "left_draining"
 *   | "sending" | "waiting" | "saved" | "seen" | "refused" | "too_long" | "gave_up" | "send_again" | "signed_out_kept" | "restored" | "form_gone"
 *   | "yes" | "no" | "copy" | "copied" | "dismiss" | "sign_out" | "presence" | "new_contributions"
 *   | "on_time" | "behind" | "ahead" | "held_back" | "help_heard" | "help_unheard" | "help_wanted" | "help_done"
 *   | "practice_back" | "practice_lost" | "looks_like" | "looks_like_personal_number" | "looks_like_birth_date" | "looks_like_phone"
 *   | "looks_like_email" | "send_all_the_same" | "slides_page" | "slides_uploading" | "slides_lost" | "mend_it"
 *   | "of_all" | "behind_today_not" | "selected" | "typing"
 *   | "machine_asked" | "machine_lost" | "machine_says" | "machine_check" | "machine_unchanged" | "clock_two_minutes" | "clock_thirty_seconds" | "clock_over"} TextKey
 * @typedef {string | Record<string, string>} Text  a text, or its plural forms by CLDR category
 */

/** @type {Record<string, Text>} */
let texts = {};
/** @type {Intl.PluralRules} */
let plural = new Intl.PluralRules("en");

/** @param {Record<string, Text>} given @param {string} lang */
export function useTexts(given, lang) {
  texts = given;
  // Browsers know no `cnr`, and would take the plural of their own language instead.
  plural = new Intl.PluralRules([lang, ...(/^(cnr|bs|hr|sr)\b/.test(lang) ? ["sr", "hr"] : []), "en"]);
}

/** @param {TextKey} key @param {Record<string, string | number>} [values] `n` chooses the plural form */
export function t(key, values = {}) {
  let text = texts[key];
  if (text === undefined) return key;
  if (typeof text !== "string") text = text[plural.select(Number(values.n))] || text.other || "";
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
