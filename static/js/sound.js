/** A quiet sound before the time is up, for whoever looks elsewhere. Off until somebody wants it; remembered on this machine. */

const KEY = "facilitation sound";
/** Hz and seconds of each tone; a falling third says: it ends. */
const TONES = { clock_two_minutes: [[660, 0.18]], clock_thirty_seconds: [[660, 0.18], [550, 0.25]], clock_over: [[550, 0.18], [440, 0.4]] };
const LOUDNESS = 0.08;

/** @type {AudioContext | undefined} */
let audio;

/** @param {HTMLInputElement | null} box  the choice */
export function startSound(box) {
  if (!box) return;
  box.checked = localStorage.getItem(KEY) === "on";
  box.addEventListener("change", () => {
    localStorage.setItem(KEY, box.checked ? "on" : "off");
    if (box.checked) play("clock_two_minutes");
  });
  // A browser lets a page sound only after somebody has touched it.
  if (box.checked) document.addEventListener("pointerdown", wake, { once: true });
  if (box.checked) document.addEventListener("keydown", wake, { once: true });
}

/** @param {keyof typeof TONES} what */
export function sound(what) {
  if (localStorage.getItem(KEY) === "on") play(what);
}

function wake() {
  audio = audio || new AudioContext();
  void audio.resume();
}

/** @param {keyof typeof TONES} what */
function play(what) {
  wake();
  if (!audio) return;
  let at = audio.currentTime + 0.05;
  for (const [pitch, length] of TONES[what]) {
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(LOUDNESS, at + 0.03);
    loudness.gain.linearRampToValueAtTime(0, at + length);
    tone.connect(loudness).connect(audio.destination);
    tone.start(at);
    tone.stop(at + length);
    at += length;
  }
}
