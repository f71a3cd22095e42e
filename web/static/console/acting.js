// An act that stays on its page: what the server says and shows afterwards is what stands there, whatever was shown before.

import { all, one, swapped } from "./dom.js";
import { notice } from "./notices.js";

let busy = false;

// Posts as a form would, and puts what it leads to in place of what is shown. Whether it did: where not, nothing was changed here.
export async function act(url, fields) {
  if (busy) return false;
  busy = true;
  try {
    const answer = await fetch(url, { method: "POST", body: filled(fields) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
      location.assign(answer.url); // signed out meanwhile
      return false;
    }
    if (!answer.ok) throw new Error(one("main p, .box p", page)?.textContent.trim());
    take(page);
    return true;
  } catch (error) {
    const known = error instanceof TypeError ? "网络不通，没有改动，恢复后请再试" : error.message;
    notice(known || "没有改动，请刷新页面后再试", "danger");
    return false;
  } finally {
    busy = false;
  }
}

function filled(fields) {
  const body = new FormData();
  body.append("csrf_token", one("meta[name=csrf-token]").content);
  Object.entries(fields).forEach(([name, value]) => body.append(name, value));
  return body;
}

function take(page) {
  for (const part of ["main", ".bar .tools", ".side nav"]) {
    const [here, fresh] = [one(part), one(part, page)];
    if (here && fresh) here.replaceWith(document.adoptNode(fresh));
  }
  swapped(one("main"));
  all("main > .alert-danger").forEach((each) => each.scrollIntoView({ block: "center" }));
}
