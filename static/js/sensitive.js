/**
 * What looks like something personal in a text. It is looked for in the browser alone: nothing is sent for it. It looks at the
 * shape, and warns rather once too often: the writer decides.
 */

/** @typedef {"personal_number" | "birth_date" | "phone" | "email"} Kind */

// No look-behind: browsers of 2022 do not know it, and would not load this file.
/** JMBG, EMBG, EMŠO: day, month, three digits of the year, region, number, check digit; the same in all of former Yugoslavia. */
const CITIZEN = /(?:^|[^\d.,])(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:9\d\d|0[0-4]\d)[ -]?\d{2}[ -]?\d{3}[ -]?\d(?!\d)/u;
/** NID of Albania: a letter for the decade, year, month (women + 50), day, number, check letter. */
const ALBANIAN = /(?:^|[^\p{L}\d])[A-T]\d(?:[05][1-9]|[16][0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[A-W](?![\p{L}\d])/iu;
/** Of Kosovo* and Bulgaria (10), of Croatia (11), of Romania (13): digits in one piece, which a phone number seldom is. */
const DIGITS = /(?:^|[^\d+.,/])[1-9]\d{9,12}(?!\d|[.,]\d)/u;
const EMAIL = /[^\s@<>()]+@[^\s@<>()]+\.[\p{L}]{2,}/u;
/** With a country's number, or a zero before; eight digits and more, in whatever groups. */
const PHONE = /(?:^|[^\d.,])(?:\+|00|\(?0)\d(?:[\s./()-]{0,2}\d){6,13}(?!\d)/u;
const DATE = /(?:^|[^\d])(?:\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?((?:19|20)\d\d)|((?:19|20)\d\d)-\d{2}-\d{2})(?!\d)/gu;
/** Years: who is younger than this neither works in a prison nor is held in one. */
const YOUNGEST = 14;
const LANGUAGES = ["en", "mk", "sq", "bs", "sr-Latn", "sr-Cyrl", "hr"];

/** @type {RegExp | undefined} */
let datesInWords;

/** @param {string} text @param {Date} [today] @returns {Kind[]} */
export function sensitiveIn(text, today = new Date()) {
  /** @type {Kind[]} */
  const found = [];
  const isNumber = CITIZEN.test(text) || ALBANIAN.test(text) || DIGITS.test(text);
  if (isNumber) found.push("personal_number");
  if (birthYears(text).some((year) => year > today.getFullYear() - 110 && year <= today.getFullYear() - YOUNGEST)) found.push("birth_date");
  if (!isNumber && PHONE.test(text.replace(DATE, " "))) found.push("phone");
  if (EMAIL.test(text)) found.push("email");
  return found;
}

/** @param {string} text @returns {number[]} the years of the whole dates in it */
function birthYears(text) {
  datesInWords = datesInWords || monthsInWords();
  const digits = Array.from(text.matchAll(DATE), (match) => Number(match[1] || match[2]));
  return [...digits, ...Array.from(text.matchAll(datesInWords), (match) => Number(match[1]))];
}

/** A day, a month by its name in one of our languages, a year. */
function monthsInWords() {
  const names = new Set();
  for (const language of LANGUAGES) {
    for (const options of [{ month: "long" }, { day: "numeric", month: "long" }]) {
      const format = new Intl.DateTimeFormat(language, /** @type {Intl.DateTimeFormatOptions} */ (options));
      for (let month = 0; month < 12; month += 1) {
        const part = format.formatToParts(new Date(2001, month, 5)).find(({ type }) => type === "month");
        if (part) names.add(part.value.toLowerCase());
      }
    }
  }
  const any = Array.from(names).sort((a, b) => b.length - a.length).join("|");
  return new RegExp(`(?:^|[^\\d])\\d{1,2}(?:\\.|st|nd|rd|th)?\\s+(?:${any})[aа]?[\\s,.]+((?:19|20)\\d\\d)(?!\\d)`, "giu");
}
