// For the curious: every push to the app and every call of it, and the one clock.

import { call, el, fill, fullTime } from "./dom.js";
import { guarded, toast } from "./screens.js";
import { now, readAccount, state } from "./state.js";

const KEEP = 300;
const modes = { plain: "明文", compatible: "兼容", safe: "安全" };
const outcomes = { reply: "有回复", success: "无需回复", failed: "失败" };

export function startInspector(root) {
  const wide = matchMedia("(min-width: 900px)");
  let running = false;
  let last = 0;
  let filter = "all";
  const rows = el("ol", { class: "log", "aria-label": "收发记录" });
  const empty = el("p", { class: "log-empty" }, "在手机上发一条消息，这里就会出现它的原文、签名和耗时");
  const clockText = el("strong", { class: "clock-text" });
  const badge = el("span", { class: "badge" });

  const tab = (name, label) => el("button", { type: "button", "aria-pressed": String(filter === name), onclick: (event) => {
    filter = name;
    for (const other of event.currentTarget.parentElement.children) other.setAttribute("aria-pressed", String(other === event.currentTarget));
    rows.dataset.filter = name;
  } }, label);

  async function setClock(body) {
    await guarded(async () => { await call("/_sandbox/clock", body); await readAccount(); drawClock(); });
  }

  function drawClock() {
    const { speed } = state.account.clock;
    clockText.textContent = fullTime(now());
    for (const button of speeds.children) button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === speed));
    badge.textContent = `${modes[state.account.mode] ?? ""}模式`;
  }

  const speeds = el("span", { class: "speeds" }, [[1, "实时"], [60, "60 倍"], [600, "600 倍"]].map(([speed, label]) =>
    el("button", { type: "button", "data-speed": speed, "aria-pressed": "false", onclick: () => setClock({ speed }) }, label)));
  const jump = el("select", { "aria-label": "拨快时钟", onchange: () => {
    const seconds = Number(jump.value);
    jump.value = "";
    if (seconds) setClock({ at: new Date((now() + seconds) * 1000).toISOString() }).then(() => toast("时钟已拨快，手机和后台使用同一个时钟"));
  } }, el("option", { value: "" }, "拨快…"), [[600, "10 分钟"], [3600, "1 小时"], [86400, "1 天"], [604800, "1 周"]].map(([seconds, label]) => el("option", { value: seconds }, label)));

  fill(root,
    el("div", { class: "inspector-head" },
      el("div", {}, el("h2", {}, "检查器 ", badge), el("p", {}, "公众号收到和发出的每一条，都在这里")),
      el("button", { type: "button", class: "clear", onclick: () => { rows.replaceChildren(); empty.hidden = false; } }, "清空")),
    el("div", { class: "inspector-clock" }, el("span", {}, "时钟"), clockText, speeds, jump),
    el("div", { class: "inspector-tabs", role: "group", "aria-label": "筛选" }, tab("all", "全部"), tab("callback", "推给后台的消息"), tab("api", "后台的调用")),
    el("div", { class: "inspector-body" }, empty, rows));
  rows.dataset.filter = filter;

  async function tick() {
    if (!running) return;
    drawClock();
    if (!document.hidden) {
      try {
        const answer = await call(`inspector?after=${last}&limit=100`);
        if (answer?.entries.length) {
          last = answer.last;
          for (const entry of answer.entries) rows.prepend(draw(entry));
          while (rows.childElementCount > KEEP) rows.lastElementChild.remove();
          empty.hidden = true;
        } else if (answer) last = Math.max(last, answer.last ?? 0);
      } catch { /* the phone says it */ }
    }
    setTimeout(tick, 1000);
  }

  const follow = () => {
    const should = wide.matches;
    if (should === running) return;
    running = should;
    if (running) tick();
  };
  wide.addEventListener("change", follow);
  follow();
}

/** What a push says, in a word: the text, or the key of an event. */
function gist(entry) {
  const found = /<(?:Content|EventKey|Status|Recognition)><!\[CDATA\[([\s\S]*?)\]\]>/.exec(entry.xml ?? "");
  return found ? found[1].replaceAll("\n", " ").slice(0, 40) : "";
}

const ms = (value) => (value === null || value === undefined ? "" : `${Math.round(value)} 毫秒`);

function field(label, value) {
  if (value === undefined || value === null || value === "") return "";
  const text = typeof value === "string" ? pretty(value) : JSON.stringify(value, null, 2);
  return [el("dt", {}, label), el("dd", {}, el("pre", {}, text))];
}

function pretty(text) {
  if (text.startsWith("<xml>")) return text.replaceAll(/(<\/[A-Za-z]+>)(?=<)/g, "$1\n").replace("<xml>", "<xml>\n");
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function draw(entry) {
  return entry.kind === "api" ? drawCall(entry) : drawPush(entry);
}

function item(kind, good, head, details) {
  return el("li", { class: `entry ${kind} ${good ? "" : "bad"}`, "data-kind": kind }, el("details", {}, el("summary", {}, head), el("dl", {}, details)));
}

function drawCall(entry) {
  const good = (entry.errcode ?? 0) === 0 && (entry.status ?? 0) === 200;
  return item("api", good, [
    el("span", { class: "tag" }, "调用"),
    el("code", {}, entry.path),
    entry.errcode ? el("span", { class: "wrong" }, String(entry.errcode)) : entry.fault ? el("span", { class: "wrong" }, "故障演练") : "",
    el("span", { class: "meta" }, `${fullTime(entry.at).slice(11)} · ${ms(entry.latency_ms)}`),
  ], [field("方式", `${entry.method} ${entry.path}`), field("参数", entry.query), field("内容", entry.body), field("应答", entry.answer), field("故障", entry.fault), field("rid", entry.rid)]);
}

function drawPush(entry) {
  const tries = entry.tries ?? [];
  const latest = tries.at(-1);
  const what = entry.event ? `${entry.type} · ${entry.event}` : entry.type;
  return item("callback", entry.outcome !== "failed", [
    el("span", { class: "tag" }, "推送"),
    el("code", {}, what),
    el("span", { class: "gist" }, gist(entry)),
    el("span", { class: entry.outcome === "failed" ? "wrong" : "fine" }, outcomes[entry.outcome] ?? entry.outcome),
    tries.length > 1 && el("span", { class: "wrong" }, `共 ${tries.length} 次`),
    el("span", { class: "meta" }, `${fullTime(entry.at).slice(11)} · ${ms(latest?.latency_ms)}`),
  ], [
    field("原文", entry.xml), field("回复", entry.reply), field("问题", entry.problem),
    tries.flatMap((attempt, index) => field(`第 ${index + 1} 次`, [`${attempt.status ?? "无应答"} · ${ms(attempt.latency_ms)}`, attempt.query, attempt.problem, attempt.answer].filter(Boolean).map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join("\n"))),
  ]);
}
