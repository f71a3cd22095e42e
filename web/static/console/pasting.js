// Pasting and dropping: pictures are taken in first, then the server cleans, so that nothing foreign ever stands in this page.

import { data, post, onTouched, touched } from "./article_form.js";
import { editor, hand } from "./richtext.js";
import { adopt, fromRtf, isHere, outside, uploaded } from "./pictures_in.js";
import { one } from "./dom.js";
import { notice } from "./notices.js";

const line = one("#pasting");
let copied = ""; // what was copied here last, to know our own text when it comes back

function progress(done, all) {
  line.hidden = all === 0;
  one("[data-words]", line).textContent = `正在保存图片 ${done} / ${all}`;
  const gauge = one("progress", line);
  gauge.max = Math.max(all, 1);
  gauge.value = done;
}

export function told(losses) {
  const box = one("#lost");
  if (!losses.length) return;
  const list = one("[data-losses]", box);
  list.replaceChildren(...losses.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  box.hidden = false;
}
one("#lost [data-hide]").addEventListener("click", () => { one("#lost").hidden = true; });

const OFF = "data-off-";

// A template's content: no script runs in it, none of its pictures is asked for, no style sheet of it is read. Its handlers would
// not run either, by the page's policy; under another name they need not be reported. Texts and
// values are given their own words back.
function inert(source) {
  const holder = document.createElement("template");
  holder.innerHTML = source.replace(/([^\w-])(on[a-z]{2,})/gi, `$1${OFF}$2`);
  const nodes = document.createTreeWalker(holder.content, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  while (nodes.nextNode()) {
    const node = nodes.currentNode;
    [node, ...(node.attributes || [])].forEach((each) => {
      if (each.nodeValue?.includes(OFF)) each.nodeValue = each.nodeValue.replaceAll(OFF, "");
    });
  }
  return holder;
}

const asParagraphs = (plain) => plain.split(/\n+/).filter((text) => text.trim()).map(
  (text) => Object.assign(document.createElement("p"), { textContent: text }).outerHTML).join("");

async function paste(source, plain, rtf) {
  const foreign = inert(source);
  const place = editor.s.save ? editor.s.range.cloneRange() : null;
  const stop = new AbortController();
  one("[data-stop]", line).addEventListener("click", () => stop.abort(), { signal: stop.signal });
  const losses = [];
  let clean;
  try {
    fromRtf(rtf, foreign.content);
    const failed = await adopt(foreign.content, progress, { signal: stop.signal });
    const reasons = [...new Set(failed.map((each) => each.why))].slice(0, 3);
    if (failed.length) losses.push(`${failed.length} 张图片没有保存：${reasons.join("；")}`);
    const ours = plain.trim() && plain.trim() === copied ? "yes" : "";
    const answer = await post(data.paste, { html: foreign.innerHTML, ours });
    const found = await answer.json();
    clean = found.html;
    losses.push(...found.notices);
  } catch (error) {
    losses.push(`带格式的内容没有粘贴成功，已改为粘贴纯文字：${error.message}`);
    clean = asParagraphs(plain);
  } finally {
    line.hidden = true;
  }
  if (place && editor.editor.contains(place.startContainer)) editor.s.selectRange(place);
  else editor.s.focus();
  editor.s.insertHTML(clean);
  editor.synchronizeValues();
  hand();
  told(losses);
}

async function takeFiles(files, done = 0) {
  progress(done, files.length);
  const file = files[done];
  line.hidden = !file;
  if (!file) return;
  try {
    editor.s.insertImage(await uploaded(file), null, null);
  } catch (error) {
    notice(`${file.name || "图片"}没有保存：${error.message}`, "danger");
  }
  await takeFiles(files, done + 1);
}

function take(event, from) {
  if (!from || !event.target.closest?.(".jodit-wysiwyg")) return;
  const source = from.getData("text/html");
  const files = [...from.files].filter((file) => file.type.startsWith("image/"));
  if (!source && !files.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  // A single picture copied from a page brings both; its own bytes are surer than its address.
  const bare = source && !inert(source).content.textContent.trim();
  if (files.length && (!source || bare)) takeFiles(files);
  else paste(source, from.getData("text/plain"), from.getData("text/rtf"));
}

document.addEventListener("paste", (event) => take(event, event.clipboardData), true);
document.addEventListener("drop", (event) => take(event, event.dataTransfer), true);
["copy", "cut"].forEach((kind) => document.addEventListener(kind, (event) => {
  if (event.target.closest?.(".jodit-wysiwyg")) copied = window.getSelection().toString().trim();
}));

// --- pictures that stand in the text already ----------------------------------------------------------------------

async function takeIn(which) {
  const failed = await adopt(editor.editor, progress, { stays: true, which });
  line.hidden = true;
  editor.synchronizeValues();
  hand();
  touched();
  return failed;
}

function seeOutside() {
  const box = one("#outside");
  const count = outside(editor.editor);
  box.hidden = !count;
  one("[data-words]", box).textContent = `正文有 ${count} 张图片在别的网站上，读者可能看不到，提交前请转存。`;
}

one("#outside [data-copy-in]").addEventListener("click", async () => {
  const failed = await takeIn(() => true);
  told([...new Set(failed.map((each) => `有图片没有转存：${each.why}，请另存后用工具栏上传`))]);
});

// What came in by another way (the source view, a plug-in) takes the same road, a moment later.
const refused = new Set();
const untried = (address) => isHere(address) && !refused.has(address);
let late = 0;
onTouched(() => {
  clearTimeout(late);
  late = setTimeout(() => {
    const here = [...editor.editor.querySelectorAll("img")].map((image) => image.getAttribute("src") || "").filter(untried);
    if (here.length) takeIn(untried).then((failed) => failed.forEach((each) => refused.add(each.address)));
    seeOutside();
  }, 600);
});
seeOutside();
