// One-click typesetting: what it would change is shown before it is taken.

import { data, form, post, touched } from "./article_form.js";
import { editor, hand } from "./richtext.js";
import { one } from "./dom.js";
import { notice } from "./notices.js";

const changes = one("#typeset");
let made = "";
document.addEventListener("typeset", async () => {
  hand();
  try {
    const found = await (await post(data.typeset, { html: form.elements.html.value })).json();
    made = found.html;
    one("[data-changes]", changes).innerHTML = found.changes;
    one("[data-take]", changes).disabled = !found.count;
    window.bootstrap.Modal.getOrCreateInstance(changes).show();
  } catch (error) {
    notice(error.message, "danger");
  }
});
// 撤销 by the keyboard goes to what has the focus: it must be the text that was changed, not a field beside it.
changes.addEventListener("hidden.bs.modal", () => editor.editor.focus({ preventScroll: true }));
one("[data-take]", changes).addEventListener("click", () => {
  editor.value = made;
  hand();
  touched();
  window.bootstrap.Modal.getInstance(changes).hide();
  notice("已排版，可用撤销恢复");
});
