import assert from "node:assert/strict";
import { test } from "node:test";
import { sensitiveIn } from "../../static/js/sensitive.js";

const TODAY = new Date(2026, 10, 23);
/** @param {string} text */
const found = (text) => sensitiveIn(text, TODAY);

for (const number of ["0101006500006", "0710003730015", "3112985 71 510 5", "J90201053B", "1234567892", "69435151530"]) {
  test(`${number} looks like a personal number`, () => assert.deepEqual(found(`Затвореник ${number}, Идризово`), ["personal_number"]));
}

for (const date of ["12.03.1984", "12. 3. 1984.", "3/12/1984", "1984-03-12", "12 March 1984", "12 март 1984", "12. marta 1984", "12 mars 1984", "12. ožujka 1984"]) {
  test(`${date} looks like a date of birth`, () => assert.deepEqual(found(`роден на ${date}, осуден`), ["birth_date"]));
}

for (const phone of ["+389 70 123 456", "070/123-456", "00355 69 123 4567", "(02) 3111 222", "+38970123456"]) {
  test(`${phone} looks like a phone number`, () => assert.deepEqual(found(`Call ${phone} please`), ["phone"]));
}

test("an e-mail address is found, also of a country's own letters", () => {
  assert.deepEqual(found("пишете на petar.petrov@pravda.gov.mk"), ["email"]);
  assert.deepEqual(found("петар@правда.мкд"), ["email"]);
});

for (const text of [
  "9–10 June 2020",
  "The meeting of 09.06.2020 in Skopje",
  "In 2019 there were 1.250.000 EUR for 120 places, 35 % more than in 2018.",
  "Article 12 of Law 05/2017",
  "Staff: 4 of 60; budget 2500000 euro",
  "Programme in use since 1984",
  "10 to 12 sessions of 90 minutes",
]) {
  test(`nothing personal is seen in: ${text}`, () => assert.deepEqual(found(text), []));
}

test("several are all named", () => {
  assert.deepEqual(found("Rođen 12.03.1984, tel. 061 222 333, ana@example.org"), ["birth_date", "phone", "email"]);
});
