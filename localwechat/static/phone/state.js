// What the page knows: who holds the phone, the account, the time. One object, told to those who listen.

import { call, shortTime } from "./dom.js";

const remembered = (key, otherwise) => {
  try { return localStorage.getItem(`phone.${key}`) ?? otherwise; } catch { return otherwise; }
};
const remember = (key, value) => {
  try { localStorage.setItem(`phone.${key}`, value); } catch { /* a private window keeps nothing */ }
};

export const state = {
  account: { name: "公众号", type: "service", clock: { at: new Date().toISOString(), speed: 1 } },
  person: null,
  textSize: Number(remembered("textSize", "1")),
  clockRead: performance.now(),
};

/** Unix seconds by the one clock of the local WeChat. */
export function now() {
  const { at, speed } = state.account.clock;
  return new Date(at).getTime() / 1000 + ((performance.now() - state.clockRead) / 1000) * speed;
}

export const listTime = (seconds) => shortTime(seconds, now());

/** Read the account and its clock. */
export async function readAccount() {
  state.account = await call("account");
  state.clockRead = performance.now();
  return state.account;
}

/** Hand the phone to somebody. */
export async function become(person) {
  state.person = person;
  remember("openid", person ? person.openid : "");
  document.cookie = `sandbox_openid=${person ? person.openid : ""}; path=/; SameSite=Lax`;
}

/** Who held the phone last, if that person is still there. */
export async function lastPerson() {
  const asked = new URLSearchParams(location.search).get("openid");
  const openid = asked || remembered("openid", "");
  if (!openid) return null;
  try { return await call(`followers/${encodeURIComponent(openid)}`); } catch { return null; }
}

/** The person as the platform has it now. */
export async function reread() {
  if (state.person) state.person = await call(`followers/${encodeURIComponent(state.person.openid)}`);
  return state.person;
}

export function setTextSize(level) {
  state.textSize = level;
  remember("textSize", String(level));
  applyTextSize();
}

export function applyTextSize() {
  document.getElementById("phone").style.setProperty("--text-scale", [0.9, 1, 1.2, 1.45][state.textSize] ?? 1);
}
