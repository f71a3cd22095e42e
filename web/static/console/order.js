// Giving things an order by hand: by drag, and by the arrows on a thing's handle. A thing with an address ("data-order-to") gets
// its place there at once, and what the server shows then is what stands; without one the order is that of the form around it.

import { act } from "./acting.js";
import { all, one, whenShown } from "./dom.js";

let held = null; // { item, next }: what is being dragged, and before what it stood

const places = (item) => [...item.parentElement.children].filter((each) => each.matches("[data-place]"));

async function moved(item, next) {
  const { place, orderTo } = item.dataset;
  if (orderTo) {
    item.classList.add("sent");
    const to = places(item).indexOf(item) + 1;
    if (!await act(orderTo, { to })) {
      item.classList.remove("sent");
      item.parentElement.insertBefore(item, next);
    }
  } else {
    item.dispatchEvent(new Event("change", { bubbles: true }));
  }
  one(`[data-place="${place}"] .grip`)?.focus();
}

// One place up or down; at the end it stays.
export function step(item, by) {
  const [order, next] = [places(item), item.nextElementSibling];
  const other = order[order.indexOf(item) + by];
  if (!other) return;
  other[by < 0 ? "before" : "after"](item);
  moved(item, next);
}

function drags(item) {
  item.draggable = true;
  all("a", item).forEach((link) => { link.draggable = false; });
  item.addEventListener("dragstart", (event) => {
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", item.dataset.place);
    held = { item, next: item.nextElementSibling };
    item.classList.add("held");
  });
  item.addEventListener("dragover", (event) => {
    if (!held || held.item.parentElement !== item.parentElement) return;
    event.preventDefault();
    if (held.item === item) return;
    const box = item.getBoundingClientRect();
    item[event.clientY < box.top + box.height / 2 ? "before" : "after"](held.item);
  });
  item.addEventListener("drop", (event) => event.preventDefault());
  item.addEventListener("dragend", (event) => {
    const { next } = held;
    held = null;
    item.classList.remove("held");
    if (event.dataTransfer.dropEffect === "none") item.parentElement.insertBefore(item, next);
    else if (item.nextElementSibling !== next) moved(item, next);
  });
}

// What can be ordered in this part of the page; for what a script adds, too.
export function orders(root) {
  all("[data-place]", root).forEach((item) => {
    if (window.matchMedia("(pointer: fine)").matches) drags(item);
    one(".grip", item).addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      step(item, by);
    });
  });
}

whenShown(orders);
