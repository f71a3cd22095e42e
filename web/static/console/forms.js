// Forms: what cannot be undone is asked first, nothing is sent twice, some are sent by choosing.

import { all, one } from "./dom.js";
import { notice } from "./notices.js";

let answered = () => {};
one("#confirm [data-ok]").addEventListener("click", () => answered());

function ask(form, button) {
  const source = button?.dataset.confirm ? button : form;
  const dialog = one("#confirm");
  one("[data-title]", dialog).textContent = source.dataset.confirm;
  one("[data-detail]", dialog).textContent = source.dataset.confirmDetail || "";
  const ok = one("[data-ok]", dialog);
  ok.textContent = source.dataset.confirmOk || "确定";
  const modal = window.bootstrap.Modal.getOrCreateInstance(dialog);
  answered = () => {
    modal.hide();
    // A part that refreshes may have been drawn anew while the dialog was open.
    const there = form.isConnected ? form : one(`form[action="${form.getAttribute("action")}"]`);
    if (!there) {
      notice("状态刚刚有变化，请核对后重试", "warning");
      return;
    }
    there.dataset.confirmed = "yes";
    there.requestSubmit(there === form ? button || undefined : undefined);
  };
  dialog.addEventListener("shown.bs.modal", () => ok.focus(), { once: true });
  modal.show();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const asks = button?.dataset.confirm || form.dataset.confirm;
  if (asks && form.dataset.confirmed !== "yes") {
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(form, button);
    return;
  }
  delete form.dataset.confirmed;
  if (form.method.toLowerCase() !== "post" || form.matches("[hx-post]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // After the event, or the button's own name and value would not be sent.
  setTimeout(() => all("button[type=submit]", form).forEach((each) => { each.disabled = true; }), 0);
  if (form.hasAttribute("data-download")) setTimeout(() => release(form), 3000);
}, true);

// A form that did not go after all can be sent again.
export function release(form) {
  delete form.dataset.sent;
  all("button[type=submit]", form).forEach((each) => { each.disabled = false; });
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) all("form[data-sent]").forEach(release);
});

document.addEventListener("change", (event) => {
  const control = event.target;
  if (control.matches("[data-autosubmit]")) control.form.requestSubmit();
});
