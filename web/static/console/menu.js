// The menu's form: a button leads to an address or answers with a command, never both.

function show(select) {
  const row = select.parentElement;
  row.querySelector(".menu-url").hidden = select.value !== "view";
  row.querySelector(".menu-key").hidden = select.value !== "click";
}

document.querySelectorAll("[data-menu-kind]").forEach((select) => {
  show(select);
  select.addEventListener("change", () => show(select));
});
