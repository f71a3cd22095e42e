// What the last action did, in a notice that goes by itself.

import { all, one, whenShown } from "./dom.js";

export function notice(text, tone = "success") {
  const shelf = one("#notices");
  const icons = { success: "check-circle", danger: "x-circle", warning: "exclamation-triangle", info: "info-circle" };
  const toast = one("#notice-shape").content.firstElementChild.cloneNode(true);
  one("[data-text]", toast).textContent = text;
  const icon = one("use", toast);
  icon.setAttribute("href", icon.getAttribute("href").replace(/#.*/, `#${icons[tone] || icons.info}`));
  one(".state", toast).classList.add(`state-${tone}`);
  shelf.append(toast);
  const shown = new window.bootstrap.Toast(toast, { delay: 4000 });
  toast.addEventListener("hidden.bs.toast", () => toast.remove());
  shown.show();
}

whenShown((root) => all("[data-notice]", root).forEach((each) => notice(each.textContent, each.dataset.notice)));
