// The start: who holds the phone, the time at the top, the inspector beside it.

import { call } from "./dom.js";
import { startInspector } from "./inspector.js";
import { openHome, openPeople } from "./people.js";
import { toast } from "./screens.js";
import { applyTextSize, become, lastPerson, now, readAccount, state } from "./state.js";
import { hourMinute } from "./dom.js";

async function start() {
  applyTextSize();
  try {
    await readAccount();
  } catch (error) {
    toast(error.message);
    setTimeout(start, 2000);
    return;
  }
  const showTime = () => { document.getElementById("clock-small").textContent = hourMinute(now()); };
  showTime();
  setInterval(showTime, 1000);
  setInterval(() => { if (!document.hidden) readAccount().catch(() => {}); }, 5000);
  const person = (await lastPerson()) ?? (await firstPerson());
  if (person) { await become(person); openHome(); } else openPeople();
  startInspector(document.getElementById("inspector"));
}

async function firstPerson() {
  const answer = await call("followers?limit=1").catch(() => null);
  return answer?.followers?.[0] ?? null;
}

start();
export { state };
