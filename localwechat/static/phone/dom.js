// Small tools to build pages: elements, calls, times. Text always goes in as text, never as HTML.

/** Make an element: el("div", {class: "x", onclick: f}, child, "text", ...). Falsy children are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else node.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === false || child === null || child === undefined || child === "") continue;
    node.append(child);
  }
  return node;
}

/** Replace what an element holds. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(Boolean));
  return node;
}

const shapes = {
  back: "M15 4l-8 8 8 8",
  more: "M4.500 12a.9.9 0 1 0 1.800 0a.9.9 0 1 0-1.800 0M11.100 12a.9.9 0 1 0 1.800 0a.9.9 0 1 0-1.800 0M17.700 12a.9.9 0 1 0 1.800 0a.9.9 0 1 0-1.800 0",
  close: "M5 5l14 14M19 5L5 19",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8",
  menu: "M4 7h16M4 12h16M4 17h16",
  plus: "M12 5v14M5 12h14",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.5-4 3-6 6.500-6s6 2 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.500c2 .8 3.200 2.700 3.500 5.500",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  text: "M4 19L10 5l6 14M6 15h8M17 19l2.500-6 2.500 6",
  forward: "M13 5l7 6-7 6v-4c-4 0-7 1-9 4 0-5 3-8 9-8z",
  check: "M5 13l4 4L19 7",
};

/** A line icon. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", shapes[name]);
  svg.append(path);
  return svg;
}

const tones = ["#5b8ff9", "#e8684a", "#5ad8a6", "#9270ca", "#f6bd16", "#6dc8ec", "#ff9d4d", "#269a99"];

/** A round-cornered picture with the first character of a name. */
export function avatar(name, extra = "") {
  let sum = 0;
  for (const letter of name || "?") sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return el("span", { class: `avatar ${extra}`, style: `background:${tones[sum % tones.length]}`, "aria-hidden": "true" }, [...(name || "?")][0]);
}

/** The account's own picture. */
export function accountAvatar(extra = "") {
  return el("span", { class: `avatar account ${extra}`, "aria-hidden": "true" }, "先");
}

/** A call to /phone/api/. Throws an Error with a Chinese sentence. */
export async function call(path, body = undefined, headers = {}) {
  const options = body === undefined ? { headers } : body instanceof FormData
    ? { method: "POST", body }
    : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let response;
  try {
    response = await fetch(path.startsWith("/") ? path : `/phone/api/${path}`, options);
  } catch {
    throw new Error("本地微信没有应答，请确认它还在运行");
  }
  if (response.status === 304) return null;
  let answer = null;
  try {
    answer = await response.json();
  } catch {
    throw new Error(`本地微信应答异常（${response.status}），请稍后再试`);
  }
  if (!response.ok) throw new Error(answer.error || `操作没有成功（${response.status}）`);
  if (answer && typeof answer === "object") Object.defineProperty(answer, "etag", { value: response.headers.get("ETag"), enumerable: false });
  return answer;
}

const zone = "Asia/Shanghai";
const parts = (seconds, options) => new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hour12: false, ...options }).format(new Date(seconds * 1000));

/** 19:02 */
export const hourMinute = (seconds) => parts(seconds, { hour: "2-digit", minute: "2-digit" });
/** 2026-11-24 19:02:05 */
export function fullTime(seconds) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(new Date(seconds * 1000));
}
const day = (seconds) => parts(seconds, { year: "numeric", month: "numeric", day: "numeric" });

/** Today 19:02, else 昨天 19:02, else 9月20日 19:02. */
export function chatTime(seconds, now) {
  if (day(seconds) === day(now)) return hourMinute(seconds);
  if (day(seconds) === day(now - 86400)) return `昨天 ${hourMinute(seconds)}`;
  const sameYear = parts(seconds, { year: "numeric" }) === parts(now, { year: "numeric" });
  return `${parts(seconds, sameYear ? { month: "long", day: "numeric" } : { year: "numeric", month: "long", day: "numeric" })} ${hourMinute(seconds)}`;
}

/** For lists: only the day or the hour. */
export function shortTime(seconds, now) {
  if (!seconds) return "";
  if (day(seconds) === day(now)) return hourMinute(seconds);
  if (day(seconds) === day(now - 86400)) return "昨天";
  return parts(seconds, { month: "numeric", day: "numeric" });
}
