// The menu's form: a button leads to an address or answers with a command, never both.

import { all, whenShown } from "./dom.js";

function show(select) {
  const row = select.parentElement;
  row.querySelector(".menu-url").hidden = select.value !== "view";
  row.querySelector(".menu-key").hidden = select.value !== "click";
}

whenShown((root) => all("[data-menu-kind]", root).forEach((select) => {
  show(select);
  select.addEventListener("change", () => show(select));
}));
