// The article form: Jodit, the cover, counting, checking while one types, keeping what was typed.

import { length } from "./fields.js";
import { notice } from "./notices.js";

const form = document.querySelector("#article-form");
const area = document.querySelector("#html");
const token = document.querySelector("meta[name=csrf-token]").content;
const draft = `draft-${form.dataset.draft}`;
const names = ["title", "author", "digest", "source_url", "column_id", "cover_sha256"];

const editor = window.Jodit.make(area, {
  language: "zh_cn",
  height: 560,
  minHeight: 360,
  toolbarAdaptive: true,
  sourceEditor: "area",
  beautifyHTML: false,
  beautifyHTMLCDNUrlsJS: [],
  sourceEditorCDNUrlsJS: [],
  disablePlugins: ["speech-recognize", "ai-assistant", "about", "powered-by-jodit", "file", "video", "print", "class-span", "iframe"],
  askBeforePasteHTML: false,
  askBeforePasteFromWord: false,
  defaultActionOnPaste: "insert_as_html",
  defaultActionOnPasteFromWord: "insert_as_html",
  showCharsCounter: false,
  showWordsCounter: false,
  showXPathInStatusbar: false,
  spellcheck: false,
  buttons: "undo,redo,|,paragraph,fontsize,brush,bold,italic,underline,strikethrough,eraser,|,align,ul,ol,indent,outdent,lineHeight,|,image,table,link,hr,|,source,fullsize",
  buttonsMD: "undo,redo,|,paragraph,fontsize,brush,bold,underline,eraser,|,align,ul,ol,|,image,table,link,|,source,fullsize",
  buttonsSM: "undo,redo,|,paragraph,bold,brush,align,|,ul,image,link,|,dots",
  buttonsXS: "undo,bold,paragraph,image,|,dots",
  imageDefaultWidth: 0,
  uploader: {
    url: form.dataset.pictures,
    data: { csrf_token: token },
    insertImageAsBase64URI: false,
    imagesExtensions: ["jpg", "png", "jpeg", "gif", "webp", "bmp"],
    filesVariableName: (index) => `file${index}`,
    isSuccess: (answer) => answer.success,
    getMessage: (answer) => answer.message || "图片上传失败，请重试",
    process: (answer) => answer,
    defaultHandlerSuccess(answer) {
      answer.pictures.forEach((picture) => {
        this.j.s.insertImage(picture.url, null, null);
        if (picture.scaled) notice("图片较大，已自动压缩", "info");
      });
    },
    defaultHandlerError: (error) => notice(error.message || "图片上传失败，请重试", "danger"),
    error: () => notice("图片上传失败，请检查网络或图片大小后重试", "danger"),
  },
});

// --- pasting: the server cleans first, so that nothing foreign ever stands in this page ---------------------------

async function paste(text, plain) {
  const body = new FormData();
  body.append("csrf_token", token);
  body.append("html", text);
  let clean;
  try {
    const answer = await fetch(form.dataset.paste, { method: "POST", body });
    if (!answer.ok) throw new Error(String(answer.status));
    clean = await answer.text();
  } catch {
    notice("带格式的内容没有粘贴成功，已改为粘贴纯文字", "warning");
    clean = plain.split(/\n+/).map((line) => Object.assign(document.createElement("p"), { textContent: line }).outerHTML).join("");
  }
  editor.s.focus();
  editor.s.insertHTML(clean);
  editor.synchronizeValues();
}

function takePaste(event, from) {
  const text = from?.getData("text/html");
  if (!text || !event.target.closest?.(".jodit-wysiwyg")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  paste(text, from.getData("text/plain"));
}

document.addEventListener("paste", (event) => takePaste(event, event.clipboardData), true);
document.addEventListener("drop", (event) => takePaste(event, event.dataTransfer), true);

// --- counting and checking ------------------------------------------------------------------------------------

const counter = document.querySelector("#body-count");
const most = Number(form.dataset.bodyMax);

function count() {
  const now = length(area.value);
  counter.textContent = `正文（含格式）${now.toLocaleString("zh-CN")} / ${most.toLocaleString("zh-CN")} 个字符`;
  counter.classList.toggle("over", now >= most);
}

let waiting = 0;
let sending = false;
let changed = false;

function touched() {
  changed = true;
  count();
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    keep();
    window.htmx.trigger("#findings", "recheck");
  }, 1200);
}

editor.events.on("change", touched);
form.addEventListener("input", touched);
// The editor hands its text to the form with a little delay; what was typed last must go along.
const hand = () => { area.value = editor.value; };

form.addEventListener("submit", () => { hand(); sending = true; keep(); }, true);
window.addEventListener("pageshow", () => { sending = false; });
window.addEventListener("beforeunload", (event) => { if (changed && !sending) event.preventDefault(); });

// --- keeping what was typed, for an expired session or a closed tab ---------------------------------------------

function typed() {
  const values = Object.fromEntries(names.map((name) => [name, form.elements[name].value]));
  return { ...values, html: area.value };
}

const before = JSON.stringify(typed());

function keep() {
  try {
    localStorage.setItem(draft, JSON.stringify({ at: Date.now(), values: typed() }));
    document.querySelector("#kept-note").textContent = "已在本机暂存";
  } catch { /* a full or forbidden store: nothing is kept, nothing is lost */ }
}

const two = (number) => String(number).padStart(2, "0");

function offer() {
  const kept = JSON.parse(localStorage.getItem(draft) || "null");
  if (!kept || JSON.stringify(kept.values) === before) return;
  const box = document.querySelector("#kept");
  const at = new Date(kept.at);
  const when = `${at.getMonth() + 1}月${at.getDate()}日 ${two(at.getHours())}:${two(at.getMinutes())}`;
  box.querySelector("[data-when]").textContent = `本机保留了 ${when} 尚未保存的内容。`;
  box.hidden = false;
  box.querySelector("[data-restore]").addEventListener("click", () => {
    names.forEach((name) => { form.elements[name].value = kept.values[name]; });
    editor.value = kept.values.html;
    showCover(kept.values.cover_sha256);
    form.querySelectorAll("[data-max]").forEach((field) => field.dispatchEvent(new Event("input", { bubbles: true })));
    box.hidden = true;
    notice("已恢复，请保存");
  });
  box.querySelector("[data-discard]").addEventListener("click", () => {
    localStorage.removeItem(draft);
    box.hidden = true;
  });
}

// --- cover -------------------------------------------------------------------------------------------------------

function showCover(sha256) {
  const shown = document.querySelector("#cover-shown");
  shown.hidden = !sha256;
  document.querySelector("#cover-none").hidden = Boolean(sha256);
  if (sha256) shown.src = `/m/asset/${sha256}`;
}

document.querySelector("#cover-file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  const body = new FormData();
  body.append("file0", file);
  body.append("csrf_token", token);
  try {
    const answer = await fetch(`${form.dataset.pictures}?cover=1`, { method: "POST", body });
    const result = await answer.json();
    if (!result.success) throw new Error(result.message);
    form.elements.cover_sha256.value = result.pictures[0].sha256;
    showCover(result.pictures[0].sha256);
    touched();
    notice("封面已更换");
  } catch (error) {
    notice(error.message || "封面上传失败，请重试", "danger");
  }
  event.target.value = "";
});

// --- preview -------------------------------------------------------------------------------------------------------

document.querySelector("#preview").addEventListener("shown.bs.modal", (event) => {
  hand();
  // The server draws it, in a frame where nothing runs: what was pasted stays a text of the form until it is cleaned.
  const request = document.createElement("form");
  request.method = "post";
  request.action = form.dataset.preview;
  request.target = event.target.querySelector("iframe").name;
  request.hidden = true;
  ["csrf_token", "title", "author", "html"].forEach((name) => {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = form.elements[name].value;
    request.append(field);
  });
  document.body.append(request);
  HTMLFormElement.prototype.submit.call(request);
  request.remove();
});

count();
offer();
