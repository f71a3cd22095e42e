// What every page of the office needs: safe forms, confirmations, notices, counters, the menu, fragments that refresh.

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function notice(text, tone = "success") {
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

// --- forms: ask first, send once ----------------------------------------------------------------------------

function ask(form, button) {
  const source = button?.dataset.confirm ? button : form;
  const dialog = one("#confirm");
  one("[data-title]", dialog).textContent = source.dataset.confirm;
  one("[data-detail]", dialog).textContent = source.dataset.confirmDetail || "";
  const ok = one("[data-ok]", dialog);
  ok.textContent = source.dataset.confirmOk || "确定";
  const modal = window.bootstrap.Modal.getOrCreateInstance(dialog);
  ok.onclick = () => {
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

function release(form) {
  delete form.dataset.sent;
  all("button[type=submit]", form).forEach((each) => { each.disabled = false; });
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) all("form[data-sent]").forEach(release);
});

document.addEventListener("change", (event) => {
  const control = event.target;
  if (control.matches("[data-autosubmit]")) control.form.requestSubmit();
  if (control.matches("[data-all]")) {
    all(`input[name="${control.dataset.all}"]`, control.form || document).forEach((box) => { box.checked = control.checked; });
  }
});

// --- counters ------------------------------------------------------------------------------------------------

const length = (text) => [...text].length;

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

// Other scripts of a page use these; importing this file from them would run it twice.
window.pioneer = { notice, length };

// --- start -----------------------------------------------------------------------------------------------------

function start(root) {
  all("[data-max]", root).forEach(count);
  all("select[data-chooses], input[data-chooses]:checked", root).forEach(showChosen);
  all("[data-notice]", root).forEach((each) => notice(each.textContent, each.dataset.notice));
  all("[data-copy]", root).forEach((button) => button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      notice("已复制");
    } catch {
      notice("浏览器不允许复制，请手动选择文字", "warning");
    }
  }));
  all('input[type="password"]', root).forEach((field) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-link btn-sm p-0", textContent: "显示" });
    button.addEventListener("click", () => {
      field.type = field.type === "password" ? "text" : "password";
      button.textContent = field.type === "password" ? "显示" : "隐藏";
    });
    field.after(button);
  });
  all("[data-print]", root).forEach((button) => button.addEventListener("click", () => window.print()));
  const guide = one("[data-guide]", root);
  if (guide) {
    const key = `guide-${guide.dataset.guide}`;
    guide.hidden = localStorage.getItem(key) === "closed";
    one("[data-close]", guide).addEventListener("click", () => {
      localStorage.setItem(key, "closed");
      guide.hidden = true;
      notice("已收起，可在“帮助”中再次查看");
    });
  }
}

document.documentElement.classList.toggle("menu-closed", localStorage.getItem("menu") === "closed");
if (window.matchMedia("(min-width: 992px)").matches) one(".side a.here")?.scrollIntoView({ block: "nearest" });
one("[data-menu-toggle]")?.addEventListener("click", () => {
  const closed = document.documentElement.classList.toggle("menu-closed");
  localStorage.setItem("menu", closed ? "closed" : "open");
});
start(document);

// --- fragments ---------------------------------------------------------------------------------------------------

// No token is added to what htmx asks: it comes with the form that is meant, or not at all.
document.body.addEventListener("htmx:afterSwap", (event) => start(event.detail.target));
document.body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status !== 401) notice(event.detail.xhr.responseText.slice(0, 120) || "系统暂时无法处理，请稍后再试", "danger");
});
let offline = false;
document.body.addEventListener("htmx:sendError", () => {
  if (!offline) notice("网络不通，数据暂停刷新，恢复后会自动继续", "warning");
  offline = true;
});
document.body.addEventListener("htmx:afterOnLoad", () => { offline = false; });
