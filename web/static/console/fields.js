// Fields: how many characters there are, what shows only for one choice, and passwords that can be looked at.

import { all, one, whenShown } from "./dom.js";

// --- counters ------------------------------------------------------------------------------------------------

export const length = (text) => [...text].length;

function count(control) {
  const shown = one(`[data-counts="${control.id}"]`);
  if (!shown) return;
  const max = Number(control.dataset.max);
  const now = length(control.value);
  const over = now > max;
  shown.textContent = over ? `${control.dataset.name}不能超过 ${max} 个字，当前 ${now} 个字` : `${now} / ${max}`;
  shown.classList.toggle("over", over);
  control.classList.toggle("is-invalid", over);
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-max]")) count(event.target);
});

// --- what shows only for one choice ---------------------------------------------------------------------------

function showChosen(control) {
  const root = control.form || document;
  all(`[data-when="${control.name}"]`, root).forEach((part) => {
    const on = part.dataset.is.split(" ").includes(control.value);
    part.hidden = !on;
    all("input, select, textarea", part).forEach((field) => { field.disabled = !on; });
  });
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-chooses]")) showChosen(event.target);
});

// --- passwords ------------------------------------------------------------------------------------------------

function letLook(field) {
  const button = Object.assign(document.createElement("button"), {
    type: "button", className: "btn btn-link btn-sm p-0", textContent: "显示",
  });
  button.addEventListener("click", () => {
    field.type = field.type === "password" ? "text" : "password";
    button.textContent = field.type === "password" ? "显示" : "隐藏";
  });
  field.after(button);
}

whenShown((root) => {
  all("[data-max]", root).forEach(count);
  all("select[data-chooses], input[data-chooses]:checked", root).forEach(showChosen);
  all('input[type="password"]', root).forEach(letLook);
});
