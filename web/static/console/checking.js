// While one types: what stands over a limit, what the check says and where, and the page as WeChat gets it.

import { article, Away, data, form, onTouched, post, SignedOut, typed } from "./article_form.js";
import { editor } from "./richtext.js";
import { all, one } from "./dom.js";

const PAUSE_MS = 1200;

// --- the check, and the page ----------------------------------------------------------------------------------

async function check() {
  const answer = await post(data.check, { ...typed(), article_id: article, page: "yes" });
  one("#findings").innerHTML = await answer.text();
  const errors = all("#findings .state-danger").length;
  const mend = one("#to-mend");
  mend.hidden = !errors;
  one("span", mend).textContent = `${errors} 处须修改`;
  const size = one("#findings [data-characters]");
  const counter = one("#body-count");
  counter.textContent = size ? size.dataset.said : "";
  counter.classList.toggle("over", Boolean(size?.dataset.over));
  show(one("#findings template[data-page]").content.textContent);
}

function show(html) {
  const frame = one("#preview iframe");
  const shown = frame.contentDocument;
  if (!shown?.body || frame.dataset.ready !== "yes") {
    frame.addEventListener("load", () => show(html), { once: true });
    return;
  }
  // In the frame no script runs; an address of its own in the history of the browser it gets none this way either.
  shown.body.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
}
const frame = one("#preview iframe");
const ready = () => { frame.dataset.ready = "yes"; };
if (frame.contentDocument?.URL.startsWith("http") && frame.contentDocument.readyState === "complete") ready();
frame.addEventListener("load", ready);

let waiting = 0;
let running = false;
let again = false;
async function run() {
  if (running) { again = true; return; }
  running = true;
  try {
    await check();
  } catch (error) {
    if (!(error instanceof Away || error instanceof SignedOut)) one("#findings").textContent = error.message;
  }
  running = false;
  if (again) { again = false; run(); }
}
onTouched(() => { clearTimeout(waiting); waiting = setTimeout(run, PAUSE_MS); });
run();

// --- where to cut -------------------------------------------------------------------------------------------------

function showCut(control) {
  const max = Number(control.dataset.max);
  const letters = [...control.value];
  const holder = control.closest(".control");
  let shown = one(".over-text", holder);
  if (letters.length <= max) { shown?.remove(); return; }
  if (!shown) {
    shown = Object.assign(document.createElement("span"), { className: "over-text" });
    holder.append(shown);
  }
  const cut = Object.assign(document.createElement("s"), { textContent: letters.slice(max).join("") });
  shown.replaceChildren(`保留到“…${letters.slice(Math.max(0, max - 8), max).join("")}”，多出：`, cut);
}
all("[data-max]", form).forEach((control) => {
  control.addEventListener("input", () => showCut(control));
  showCut(control);
});

// --- jumping to the place ---------------------------------------------------------------------------------------------

const squeezed = (text) => text.replace(/\s+/g, "");

export function jump(words) {
  const wanted = squeezed(words);
  const blocks = all("p, h1, h2, h3, h4, li, td, th, blockquote, figcaption, section", editor.editor);
  const holds = blocks.filter((block) => squeezed(block.textContent).includes(wanted));
  const place = holds.at(-1);
  if (!place) return;
  view("text");
  place.scrollIntoView({ block: "center" });
  place.classList.add("jumped");
  setTimeout(() => {
    place.classList.remove("jumped");
    if (!place.className) place.removeAttribute("class");
  }, 2000);
}

function follow(event) {
  const line = event.target.closest("[data-place], [data-field]");
  if (!line || (event.type === "keydown" && event.key !== "Enter")) return;
  if (line.dataset.place) jump(line.dataset.place);
  else if (line.dataset.field && form.elements[line.dataset.field]?.type !== "hidden") form.elements[line.dataset.field]?.focus();
}
one("#findings").addEventListener("click", follow);
one("#findings").addEventListener("keydown", follow);

// --- one part at a time, where there is no room for three -------------------------------------------------------------

export function view(name) {
  one(".writing-columns").dataset.shows = name;
  all("[data-view]").forEach((tab) => {
    tab.classList.toggle("active", tab.dataset.view === name);
    tab.setAttribute("aria-selected", String(tab.dataset.view === name));
  });
}
one("#to-mend").addEventListener("click", () => {
  view("facts");
  one("#findings").scrollIntoView({ block: "center" });
});
all("[data-view]").forEach((tab) => tab.addEventListener("click", () => view(tab.dataset.view)));
form.addEventListener("invalid", (event) => view(event.target.closest("[data-part]")?.dataset.part || "facts"), true);
