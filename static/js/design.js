/** The design page: its clocks tick; its forms, which belong to no meeting, are not sent. */

import { startClocks } from "./clock.js";
import { useTexts } from "./texts.js";

useTexts(JSON.parse((document.getElementById("texts") || {}).textContent || "{}"), document.documentElement.lang);
startClocks(() => undefined);
document.addEventListener("submit", (event) => event.preventDefault());
