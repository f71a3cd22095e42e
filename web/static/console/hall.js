// 签到屏: asks every two seconds what to show. It runs for hours: nothing is ever added to the page, only changed in place.
// What is too old is not shown: after sleep, or without a network, a code that no longer counts is taken away at once.

import { one } from "./dom.js";

const EVERY_MS = 2000;
const SLOW_MS = 10000;
const TICK_MS = 250;

const hall = one("[data-hall]");
const seconds = Number(hall.dataset.seconds);
const box = one("[data-code-box]");
const wait = one("[data-wait]");
const said = one("[data-said]");
const help = one("[data-help]");
const again = one("[data-again]");
const note = one("[data-note]");
const bar = one("progress", box);
const qr = one(".hall-qr");
const state = { link: hall.dataset.link, phase: hall.dataset.phase, until: 0, timer: 0, asking: null, lock: null };

function lasts(left) {
  state.until = Date.now() + left * 1000;
}

function waiting(words, more = "", signIn = false) {
  box.hidden = true;
  wait.hidden = false;
  said.textContent = words;
  help.textContent = more;
  again.hidden = !signIn;
}

function complain(words) {
  note.textContent = words;
  note.classList.toggle("bad", Boolean(words));
}

function show(now) {
  complain("");
  state.phase = now.phase;
  if (now.came !== undefined) one("[data-came]").textContent = now.came;
  if (!now.code) {
    state.link = "";
    waiting(now.said, now.phase === "coming" ? "到时间后自动显示二维码" : "");
    return;
  }
  if (now.qr) {
    qr.setAttribute("viewBox", `0 0 ${now.qr.size} ${now.qr.size}`);
    one("path", qr).setAttribute("d", now.qr.path);
    state.link = now.link;
  }
  one("[data-code]").textContent = now.code;
  lasts(now.left);
  wait.hidden = true;
  box.hidden = false;
}

function lost(words, signIn = false) {
  complain(words);
  if (signIn || Date.now() > state.until + seconds * 1000) {
    state.link = "";
    waiting(signIn ? "签到屏已停" : "网络不通", words, signIn);
  }
}

async function ask() {
  clearTimeout(state.timer);
  state.asking?.abort();
  const asking = new AbortController();
  state.asking = asking;
  let next = EVERY_MS;
  const over = setTimeout(() => asking.abort(), 8000);
  try {
    const answer = await fetch(`${hall.dataset.hall}?seen=${encodeURIComponent(state.link)}`, {
      headers: { "HX-Request": "true" }, redirect: "manual", cache: "no-store", signal: asking.signal,
    });
    if (answer.status === 401) {
      lost("登录已结束，请重新登录后继续显示", true);
      next = SLOW_MS;
    } else if (!answer.ok) {
      lost("系统暂时没有应答，正在重试");
    } else {
      show(await answer.json());
      if (state.phase === "past" || state.phase === "cancelled" || state.phase === "stopped") next = SLOW_MS;
    }
  } catch {
    if (state.asking !== asking) return; // asked anew meanwhile
    lost("网络不通，正在重试，恢复后自动继续");
  } finally {
    clearTimeout(over);
  }
  if (state.asking !== asking) return;
  const left = state.until - Date.now();
  state.timer = setTimeout(ask, left > 0 && left < next ? left + 50 : next);
}

function tick() {
  const left = (state.until - Date.now()) / 1000;
  bar.value = Math.max(0, Math.min(seconds, left));
  if (!box.hidden && left < -seconds) { // it has slept, or the network is gone: this code counts no more
    state.link = "";
    waiting("正在更新", "请等一等再扫码");
  }
}

async function keepAwake() {
  if (document.visibilityState !== "visible" || !navigator.wakeLock || (state.lock && !state.lock.released)) return;
  try {
    state.lock = await navigator.wakeLock.request("screen");
  } catch {
    state.lock = null; // the battery is low, say: the screen may go dark then
  }
}

function woken() {
  if (document.visibilityState !== "visible") return;
  keepAwake();
  ask();
}

const full = one("[data-full]");
full.hidden = !document.documentElement.requestFullscreen;
full.addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => complain("浏览器不允许全屏，请按 F11"));
});
document.addEventListener("fullscreenchange", () => document.body.classList.toggle("full", Boolean(document.fullscreenElement)));
document.addEventListener("visibilitychange", woken);
window.addEventListener("pageshow", woken);
window.addEventListener("online", woken);
window.addEventListener("offline", () => complain("网络不通，恢复后自动继续"));
lasts(Number(hall.dataset.left));
setInterval(tick, TICK_MS);
keepAwake();
ask();
