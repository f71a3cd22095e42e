// A stack of screens inside the phone. Each is {node, name?, enter?, leave?, strayed?}; the browser's back button goes one screen back.

import { el, fill, icon } from "./dom.js";

const stack = [];
const holder = () => document.getElementById("screens");
let toastTimer = 0;

/** A short word at the middle of the phone. */
export function toast(text) {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, 2200);
}

/** Run something that may fail; the failure becomes a toast. */
export async function guarded(work) {
  try { return await work(); } catch (error) { toast(error.message); return undefined; }
}

/** The bar at the top of a screen. */
export function bar(title, { back = true, right = null, subtitle = "" } = {}) {
  return el("header", { class: "bar" },
    back ? el("button", { class: "bar-side", type: "button", "aria-label": "返回", onclick: goBack }, icon("back")) : el("span", { class: "bar-side" }),
    el("h1", {}, title, subtitle && el("small", {}, subtitle)),
    right || el("span", { class: "bar-side" }));
}

/** Show a screen on top of the others. */
export function open(screen, { replace = false } = {}) {
  const above = stack.at(-1);
  if (replace && above) { stack.pop(); above.leave?.(); above.node.remove(); } else if (above) { above.leave?.(); above.node.inert = true; }
  stack.push(screen);
  screen.node.classList.add("screen");
  if (stack.length > 1 && !replace) screen.node.classList.add("comes-in");
  holder().append(screen.node);
  if (!replace) history.pushState({ depth: stack.length }, "");
  screen.enter?.();
}

/** One screen back. Resolves when the screen below is there. */
export function goBack() {
  if (stack.length < 2) return Promise.resolve();
  // Links followed inside a page have made entries of their own; the browser's way back would go through them.
  if (stack.at(-1).strayed?.()) {
    closeTop();
    history.replaceState({ depth: stack.length }, "");
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    window.addEventListener("popstate", () => resolve(), { once: true });
    history.back();
  });
}

/** The name of the screen that is shown, "" if it has none. */
export const shown = () => stack.at(-1)?.name ?? "";

/** Show only this screen. */
export function reset(screen) {
  for (const other of stack.splice(0)) { other.leave?.(); other.node.remove(); }
  fill(holder());
  stack.push(screen);
  screen.node.classList.add("screen");
  holder().append(screen.node);
  history.replaceState({ depth: 1 }, "");
  screen.enter?.();
}

function closeTop() {
  if (stack.length < 2) return;
  const top = stack.pop();
  top.leave?.();
  top.node.remove();
  const below = stack.at(-1);
  below.node.inert = false;
  below.node.classList.remove("comes-in");
  below.enter?.();
}

window.addEventListener("popstate", (event) => {
  const over = document.querySelector(".sheet-ground [data-cancel], .dialog-ground [data-cancel]");
  if (over) { over.click(); history.pushState({ depth: stack.length }, ""); return; }
  const depth = event.state?.depth ?? 1;
  while (stack.length > depth && stack.length > 1) closeTop();
});

/** A list that comes up from below: [{label, note?, danger?, action}]. */
export function sheet(entries, heading = "") {
  const close = () => ground.remove();
  const ground = el("div", { class: "sheet-ground", onclick: (event) => { if (event.target === ground) close(); } },
    el("div", { class: "sheet", role: "dialog", "aria-modal": "true" },
      heading && el("p", { class: "sheet-heading" }, heading),
      entries.map((entry) => el("button", { type: "button", class: entry.danger ? "danger" : "", onclick: () => { close(); entry.action(); } },
        entry.label, entry.note && el("small", {}, entry.note))),
      el("button", { type: "button", class: "sheet-cancel", "data-cancel": true, onclick: close }, "取消")));
  document.getElementById("phone").append(ground);
  ground.querySelector("button").focus();
}

/** A question with a text field or plain; resolves to the text (or true), or null. */
export function ask(title, { value = "", placeholder = "", text = "", yes = "确定", field = true } = {}) {
  return new Promise((resolve) => {
    const input = field && el("input", { type: "text", value, placeholder, maxlength: "40", "aria-label": title });
    const end = (answer) => { ground.remove(); resolve(answer); };
    const ground = el("div", { class: "dialog-ground" },
      el("form", { class: "dialog", role: "dialog", "aria-modal": "true", onsubmit: (event) => { event.preventDefault(); end(field ? input.value.trim() : true); } },
        el("h2", {}, title), text && el("p", {}, text), input || "",
        el("div", { class: "dialog-buttons" },
          el("button", { type: "button", "data-cancel": true, onclick: () => end(null) }, "取消"),
          el("button", { type: "submit", class: "primary" }, yes))));
    document.getElementById("phone").append(ground);
    (input || ground.querySelector(".primary")).focus();
  });
}
