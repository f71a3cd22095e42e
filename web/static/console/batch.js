// Many Word files: sent one after the other with progress; the server works on them from the first one on.

import { one } from "./dom.js";
import { notice } from "./notices.js";

const holder = one("[data-batches]");
const form = one("form", holder);
const box = one("#sending");
let sending = false;

function progress(words, done, all) {
  one("[data-words]", box).textContent = words;
  const gauge = one("progress", box);
  gauge.max = all;
  gauge.value = done;
}

function sent(url, file, heard) {
  const body = new FormData();
  body.append("csrf_token", form.elements.csrf_token.value);
  body.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.upload.addEventListener("progress", (event) => heard(event.loaded / Math.max(event.total, 1)));
    request.addEventListener("error", () => reject(new Error("网络不通")));
    request.addEventListener("load", () => {
      if (request.status === 200) { resolve(); return; }
      let said = request.status === 413 ? "文件太大" : "服务器没有收下";
      try { said = JSON.parse(request.responseText).message; } catch { /* a page, not an answer to a script */ }
      reject(new Error(said));
    });
    request.send(body);
  });
}

async function begin() {
  const body = new FormData();
  body.append("csrf_token", form.elements.csrf_token.value);
  body.append("column", form.elements.column.value);
  const answer = await fetch(holder.dataset.batches, { method: "POST", body });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.message);
  return found;
}

async function send(files) {
  const batch = await begin();
  const failed = [];
  const sendFrom = async (at) => { // one after the other: the next begins when the one before is there
    const file = files[at];
    if (!file) return;
    const say = (share) => progress(`正在上传 ${at + 1} / ${files.length}：${file.name}`, at + share, files.length);
    say(0);
    await sent(batch.files, file, say).catch((error) => failed.push(`${file.name}（${error.message}）`));
    await sendFrom(at + 1);
  };
  await sendFrom(0);
  sending = false;
  if (!failed.length) { location.assign(batch.page); return; }
  const refused = one("#refused");
  refused.hidden = false;
  const link = Object.assign(document.createElement("a"), { href: batch.page, textContent: "查看已收下的文件" });
  one("div", refused).replaceChildren(`${failed.length} 个文件没有传上来：${failed.join("、")}。请重新选择这些文件。`, link);
  box.hidden = true;
  holder.hidden = false;
}

form.addEventListener("submit", async (event) => {
  const files = [...form.elements.file.files];
  if (files.length < 2 && !/\.zip$/i.test(files[0]?.name || "")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  sending = true;
  holder.hidden = true;
  box.hidden = false;
  try {
    await send(files);
  } catch (error) {
    sending = false;
    holder.hidden = false;
    box.hidden = true;
    notice(error.message || "上传失败，请重试", "danger");
  }
}, true);
window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
