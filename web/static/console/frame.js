// Round the page: the menu, the guide for the first days, printing, copying.

import { all, one, whenShown } from "./dom.js";
import { notice } from "./notices.js";

document.documentElement.classList.toggle("menu-closed", localStorage.getItem("menu") === "closed");
if (window.matchMedia("(min-width: 992px)").matches) one(".side a.here")?.scrollIntoView({ block: "nearest" });
one("[data-menu-toggle]")?.addEventListener("click", () => {
  if (one(".frame.focus")) { // a page that needs the room: the menu comes over it, and goes with the page
    document.documentElement.classList.toggle("menu-over");
    return;
  }
  const closed = document.documentElement.classList.toggle("menu-closed");
  localStorage.setItem("menu", closed ? "closed" : "open");
});

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    notice("已复制");
  } catch {
    notice("浏览器不允许复制，请手动选择文字", "warning");
  }
}

function open(guide) {
  const key = `guide-${guide.dataset.guide}`;
  guide.hidden = localStorage.getItem(key) === "closed";
  one("[data-close]", guide).addEventListener("click", () => {
    localStorage.setItem(key, "closed");
    guide.hidden = true;
    notice("已收起，可在“帮助”中再次查看");
  });
}

whenShown((root) => {
  all("[data-copy]", root).forEach((button) => button.addEventListener("click", () => copy(button.dataset.copy)));
  all("[data-print]", root).forEach((button) => button.addEventListener("click", () => window.print()));
  all("[data-guide]", root).forEach(open);
});
