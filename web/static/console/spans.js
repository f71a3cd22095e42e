// From when until when: whoever moves the beginning moves the end with it, so that it lasts as long as before.

import { one, whenShown } from "./dom.js";

const MINUTE = 60_000;
const moment = (text) => (text ? new Date(`${text}:00Z`).getTime() : NaN);
const written = (time) => new Date(time).toISOString().slice(0, 16);

whenShown((root) => {
  const begins = one("#starts_at", root);
  const ends = one("#ends_at", root);
  if (!begins || !ends || begins.dataset.moves) return;
  begins.dataset.moves = "yes";
  let before = moment(begins.value);
  begins.addEventListener("change", () => {
    const now = moment(begins.value);
    const lasts = moment(ends.value) - before;
    if (!Number.isNaN(now) && lasts >= MINUTE) ends.value = written(now + lasts);
    before = now;
  });
});
