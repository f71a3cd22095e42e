// Nothing that was typed is lost: kept in this browser at once, on the server a few seconds later; who else writes here is said.

import { area, article, Away, data, form, names, onTouched, post, SignedOut, typed } from "./article_form.js";
import { release } from "./forms.js";
import { editor, hand } from "./richtext.js";
import { one } from "./dom.js";
import { notice } from "./notices.js";
import { dead, tab, writes } from "./windows.js";

const HERE_MS = 500;
const SERVER_MS = 2500;
const AGAIN_MS = 8000;
const HEARD_MS = 20000;
const own = `draft-${data.person}-${data.draft}`; // at a shared computer nobody takes up what another wrote
const version = () => form.elements.version?.value || "0";
const note = one("#kept-note");

let changed = false;
let sending = false;
let dirty = false; // not yet on the server
let reads = false; // somebody else writes

function say(text, off = false) {
  note.textContent = text;
  note.classList.toggle("off", off);
}

// --- in this browser -------------------------------------------------------------------------------------------

function keepHere() {
  try {
    localStorage.setItem(own, JSON.stringify({ at: Date.now(), base: version(), values: typed() }));
    return true;
  } catch {
    return false; // a full or forbidden store: what stands in the page is all there is
  }
}

// --- on the server ------------------------------------------------------------------------------------------------

let here = 0;
let waiting = 0;
let busy = null; // what is on its way there

async function store() {
  dirty = false;
  try {
    const answer = await post(data.keep, { ...typed(), article, version: version(), tab });
    const kept = await answer.json();
    say(`已自动暂存 ${kept.at.replace("今天 ", "")}`);
    one("#away").hidden = true;
    held(kept.holder);
    return null;
  } catch (error) {
    dirty = true;
    away(error);
    return error;
  }
}

async function keep() {
  if (busy || sending || !dirty) return;
  busy = store();
  await busy;
  busy = null;
  if (dirty) later(AGAIN_MS);
}

function away(error) {
  const box = one("#away");
  const out = error instanceof SignedOut;
  if (out || error instanceof Away) {
    const stored = keepHere() ? "您写的内容已存在本机" : "请不要关闭本页";
    one("[data-why]", box).textContent = out
      ? `登录已过期，${stored}。请在新窗口重新登录，回到本页会自动接着暂存。`
      : `${error.message}，${stored}，恢复后会自动暂存。`;
    one("[data-sign-in]", box).hidden = !out;
    box.hidden = false;
    say("已在本机暂存", true);
  } else {
    say(error.message, true);
  }
}

function later(after) {
  clearTimeout(waiting);
  waiting = setTimeout(keep, after);
}

onTouched(() => {
  changed = dirty = true;
  clearTimeout(here);
  here = setTimeout(() => { if (keepHere() && !navigator.onLine) say("已在本机暂存", true); }, HERE_MS);
  later(SERVER_MS);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault(); // the hand's habit: nobody wants the page as a file
  hand();
  dirty = true;
  later(0);
});
window.addEventListener("online", () => later(0));
window.addEventListener("focus", () => { if (!one("#away").hidden) later(0); });

// --- leaving --------------------------------------------------------------------------------------------------------

// Before the question of a button that asks: what is sent is what stands there now.
form.addEventListener("submit", () => hand(), true);
// And a page is left only for a server that answers one who is signed in: else the browser's own error page would stand here.
let reached = false;
form.addEventListener("submit", async (event) => {
  keepHere();
  if (reached) return;
  event.preventDefault();
  const button = event.submitter;
  sending = true;
  await busy;
  const error = await store();
  setTimeout(() => {
    release(form);
    if (error instanceof Away || error instanceof SignedOut) {
      sending = false;
      notice(`没有保存：${error.message}`, "warning");
      later(AGAIN_MS);
      return;
    }
    reached = true;
    form.dataset.confirmed = "yes";
    form.requestSubmit(button);
  }, 0);
});
window.addEventListener("pageshow", () => { sending = reached = false; });
window.addEventListener("beforeunload", (event) => { if (changed && dirty && !sending) event.preventDefault(); });
window.addEventListener("pagehide", () => {
  if (!article) return;
  const body = new FormData();
  Object.entries({ csrf_token: form.elements.csrf_token.value, article, tab, how: "go" }).forEach(([name, value]) => body.append(name, value));
  navigator.sendBeacon(data.hold, body);
});

// --- who writes -------------------------------------------------------------------------------------------------------

function whoWrites(holder, lost) {
  const kept = "您刚才写的内容已暂存，没有丢失";
  if (!lost) return `${holder.who}正在编辑（${holder.since} 起），为免互相覆盖，您现在只能查看。`;
  if (holder.me) return `您已在另一个窗口接着写这篇稿件（${holder.since} 起）。${kept}；要在这里写，请接手编辑。`;
  return `${holder.who}于 ${holder.since} 接手编辑。${kept}；要继续写，请先与对方说好。`;
}

function held(holder) {
  if (!holder) return;
  one("#behind").hidden = String(holder.version) === version();
  const box = one("#held");
  const lost = !reads && changed && !holder.mine;
  reads = !holder.mine;
  if (holder.mine) writes();
  box.hidden = holder.mine;
  one(".text").classList.toggle("reads", reads);
  if (editor.getReadOnly() !== reads) editor.setReadOnly(reads);
  form.querySelectorAll("button[type=submit], [data-cover-from-body]").forEach((each) => { each.disabled = reads; });
  form.querySelectorAll(".facts input, .facts textarea").forEach((each) => { each.readOnly = reads; });
  if (reads) {
    one("[data-who]", box).textContent = whoWrites(holder, lost);
  }
}

async function ask(how = "") {
  if (!article) return;
  try {
    const gone = how ? null : await dead();
    if (gone) await post(data.hold, { article, tab: gone, how: "go" });
    held((await (await post(data.hold, { article, tab, how })).json()).holder);
  } catch (error) {
    if (error instanceof SignedOut) away(error);
  }
}
one("#held [data-over]").addEventListener("click", async () => {
  await ask("over");
  notice("已由您接手编辑，对方会收到提示");
});
ask();
setInterval(ask, HEARD_MS);

// --- taking up again -----------------------------------------------------------------------------------------------------

const differs = (values) => [...names, "html"].some((name) => String(values[name] ?? "") !== String(form.elements[name].value));

function put(values) {
  names.forEach((name) => { if (values[name] !== undefined) form.elements[name].value = values[name] ?? ""; });
  editor.value = values.html;
  hand();
  form.dispatchEvent(new CustomEvent("cover", { detail: values.cover_sha256 }));
  form.querySelectorAll("[data-max]").forEach((field) => field.dispatchEvent(new Event("input", { bubbles: true })));
}

async function discard() {
  localStorage.removeItem(own);
  try {
    await post(data.forget, { article });
  } catch { /* it is offered again, no more */ }
}

function found() {
  const stored = JSON.parse(localStorage.getItem(own) || "null");
  const kept = one("#server-draft");
  const server = kept && {
    at: Date.parse(kept.dataset.at), base: kept.dataset.base,
    values: { ...JSON.parse(kept.dataset.fields), html: kept.content.textContent },
  };
  const drafts = [stored, server].filter((each) => each && differs(each.values));
  return drafts.sort((one_, other) => other.at - one_.at)[0];
}

const SHANGHAI = { timeZone: "Asia/Shanghai", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

function takeUp() {
  const draft = found();
  if (!draft || data.refused) return;
  const when = new Date(draft.at).toLocaleString("zh-CN", SHANGHAI);
  const box = one("#kept");
  const [restore, drop] = [one("[data-restore]", box), one("[data-discard]", box)];
  const saved = { ...typed() };
  box.hidden = false;
  if (String(draft.base ?? version()) === version()) {
    put(draft.values);
    one("[data-when]", box).textContent = `已接着您 ${when} 没有保存的内容。`;
    restore.textContent = "知道了";
    drop.textContent = article ? "改回已保存的内容" : "不要这些，写新的一篇";
    restore.addEventListener("click", () => { box.hidden = true; });
    drop.addEventListener("click", () => { put(saved); box.hidden = true; discard(); });
    return;
  }
  one("[data-when]", box).textContent = `您 ${when} 写的内容没有保存，此后稿件又有了新版本。`;
  restore.addEventListener("click", () => {
    put(draft.values);
    box.hidden = true;
    notice("已恢复，请与新版本核对后保存");
  });
  drop.addEventListener("click", () => { box.hidden = true; discard(); });
}
one("[data-drop-draft]")?.addEventListener("click", () => localStorage.removeItem(own));
one("#behind [data-load]").addEventListener("click", () => { hand(); if (changed) keepHere(); sending = true; location.reload(); });
if (area) takeUp();
