// Putting off in the calendar: by drag, by arrows, by the window of the button. What the server refuses stays where it was.

import { act } from "./acting.js";
import { all, one, whenShown } from "./dom.js";

const DRAGS = window.matchMedia("(min-width: 768px) and (pointer: fine)");
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
let held = null; // { item, day, next }: what is being moved, and where it came from

const say = (words) => { one("[data-say]").textContent = words; };
const dayOf = (item) => item.closest("[data-day]");

function hold(item) {
  if (held?.item === item) return;
  back();
  held = { item, day: dayOf(item), next: item.nextElementSibling };
  item.classList.add("held");
}

function back() {
  if (!held) return;
  const { item, day, next } = held;
  held = null;
  item.classList.remove("held", "sent");
  if (item.isConnected && dayOf(item) !== day) day.insertBefore(item, next);
}

const timeOf = (part) => one(".num", part)?.textContent || (part.matches(".quiet") ? part.textContent.slice(0, 5) : "");

function show(day) {
  const mine = timeOf(held.item);
  const later = [...day.children].find((part) => part !== held.item && (part.matches(".room") || timeOf(part) > mine));
  day.insertBefore(held.item, later || null);
  say(`${held.item.dataset.name}改到${day.dataset.called}，按回车确定，按 Esc 取消`);
}

async function drop() {
  const { item, day } = held;
  const to = dayOf(item);
  if (to === day) { back(); return; }
  item.classList.add("sent");
  const mark = item.dataset.entry;
  const done = await act(item.dataset.to, { due_at: `${to.dataset.day}T${item.dataset.at.slice(11)}` });
  if (done) held = null;
  else back();
  one(`[data-entry="${mark}"] a`)?.focus();
}

function step(item, by) {
  const days = all("[data-day]");
  hold(item);
  const to = days[days.indexOf(dayOf(item)) + by];
  if (!to) { say("到边了，要改到更远的日子请用“改期”按钮"); return; }
  show(to);
  one("a", item).focus();
}

function keys(item) {
  item.addEventListener("keydown", (event) => {
    if (event.target.matches("button")) return;
    if (event.key in STEPS) step(item, STEPS[event.key]);
    else if (event.key === "Enter" && held?.item === item) drop();
    else if (event.key === "Escape" && held?.item === item) { back(); one("a", item).focus(); say("没有改动"); }
    else return;
    event.preventDefault();
  });
}

function drags(item) {
  item.draggable = true;
  one("a", item).draggable = false;
  item.addEventListener("dragstart", (event) => {
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", item.dataset.name);
    hold(item);
  });
  item.addEventListener("dragend", () => {
    all(".over").forEach((day) => day.classList.remove("over"));
    if (held && !held.item.classList.contains("sent")) back();
  });
}

function takes(day) {
  day.addEventListener("dragover", (event) => {
    if (!held) return;
    event.preventDefault();
    day.classList.add("over");
  });
  day.addEventListener("dragleave", (event) => { if (!day.contains(event.relatedTarget)) day.classList.remove("over"); });
  day.addEventListener("drop", (event) => {
    if (!held) return;
    event.preventDefault();
    show(day);
    drop();
  });
}

whenShown((root) => {
  all("[data-entry]", root).forEach((item) => { keys(item); if (DRAGS.matches) drags(item); });
  all("[data-day]", root).forEach(takes);
  one("#shift", root)?.addEventListener("show.bs.modal", (event) => {
    const { to, at, name } = event.relatedTarget.dataset;
    const form = one("#shift form");
    form.action = to;
    form.elements.due_at.value = at;
    one("[data-name]", form).textContent = name;
  });
  all(".shift", root).forEach((button) => { button.disabled = false; }); // only now does the window know what it is about
});
