// The article's form as the modules of the editor share it: what stands in it, and how the server is asked.

import { one } from "./dom.js";

export const form = one("#article-form");
export const area = one("#html");
export const names = ["title", "author", "digest", "source_url", "column_id", "cover_sha256", "cover_square"];
export const article = form.dataset.article;
export const data = form.dataset;

export class Away extends Error {} // the server cannot be reached
export class SignedOut extends Error {}
export class Refused extends Error {} // the server says no, and why

let token = one("meta[name=csrf-token]").content;
export const csrf = () => token;

// Of a page that was open while its person signed in again: this page anew has it.
async function newToken() {
  const page = await (await asked(location.pathname, {})).text();
  // What one wrote is not kept as another's who signed in at the same computer meanwhile.
  if (/data-person="(\d+)"/.exec(page)?.[1] !== data.person) throw new SignedOut("登录的已是另一个人");
  token = /name="csrf-token" content="([^"]+)"/.exec(page)?.[1] || token;
  form.elements.csrf_token.value = token;
}

async function asked(url, options) {
  let answer;
  try {
    answer = await fetch(url, { redirect: "manual", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Away("网络不通");
  }
  if (answer.type === "opaqueredirect") throw new SignedOut("登录已过期");
  if (answer.status >= 502) throw new Away("服务器没有应答");
  return answer;
}

function filled(fields) {
  const body = new FormData();
  body.append("csrf_token", token);
  Object.entries(fields).forEach(([name, value]) => body.append(name, value));
  return body;
}

// The answer to a form. Who signed in again in another window has another token: it is fetched, and the form sent once more.
export async function post(url, fields, options = {}) {
  let answer = await asked(url, { method: "POST", body: filled(fields), ...options });
  if (answer.status === 400) {
    await newToken();
    answer = await asked(url, { method: "POST", body: filled(fields), ...options });
  }
  if (answer.ok) return answer;
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  const said = isJson ? (await answer.json()).message : answer.headers.get("Content-Type")?.includes("plain") && (await answer.text());
  throw new Refused(said || "系统暂时无法处理，请稍后再试");
}

export function typed() {
  const values = Object.fromEntries(names.map((name) => [name, form.elements[name].value]));
  return { ...values, html: area.value };
}

// --- who wants to know of changes ---------------------------------------------------------------------------

const listeners = [];
export const onTouched = (listener) => listeners.push(listener);
export const touched = () => listeners.forEach((listener) => listener());
form.addEventListener("input", touched);
