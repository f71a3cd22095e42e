// The articles of a push in the order in which they will stand: whoever is ticked joins at the end, and is moved by hand.

import { all, one } from "./dom.js";
import { orders, step } from "./order.js";

const list = one("#chosen");
const boxOf = (id) => one(`[name="article"][value="${id}"]`);

function number() {
  all("li", list).forEach((item, at) => { one("[data-nth]", item).textContent = at ? `第 ${at + 1} 条` : "头条"; });
  one("#chosen-part").hidden = !list.children.length;
}

function add(box) {
  const part = one("#chosen-shape").content.cloneNode(true);
  const item = one("li", part);
  const title = one(`label[for="${box.id}"]`).firstChild.textContent.trim();
  item.dataset.place = box.value;
  one("input", item).value = box.value;
  one("[data-title]", item).textContent = title;
  one(".grip", item).setAttribute("aria-label", `《${title}》的位置，用上下方向键调整`);
  orders(part);
  list.append(part);
}

one("#push-form").addEventListener("change", (event) => {
  const box = event.target;
  if (box.name === "article") {
    if (box.checked) add(box);
    else one(`[data-place="${box.value}"]`, list)?.remove();
  }
  number();
});

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  const item = event.target.closest("li");
  if (button) {
    step(item, Number(button.dataset.step));
    button.focus();
  } else if (event.target.closest("[data-out]")) {
    boxOf(item.dataset.place).click();
  }
});

all('[name="article"]:checked').forEach((box) => { if (!one(`[data-place="${box.value}"]`, list)) add(box); });
number();
