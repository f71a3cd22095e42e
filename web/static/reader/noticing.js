// Asks for notices by WeChat's own button, <wx-open-subscribe>. Elsewhere than in WeChat, and without this script, the page's words
// stand as they are. WeChat's event counts what was agreed to; on one's own pages the tap is told as well (see the page's form).

const BUTTON = "font:inherit;font-size:17px;font-weight:600;width:100%;min-height:48px;border:0;border-radius:8px;background:#c8102e;color:#fff;cursor:pointer";
const SAID = {
  accept: "已订阅，有消息会在微信里通知您。",
  reject: "您选择了不接收，随时可以再来订阅。",
  filter: "这个通知现在不能订阅，请稍后再试。",
};
const CLOSED = { 20004: "您在微信里关闭了本公众号的通知。请在公众号右上角的设置里打开后再试。" };

/** WeChat's SDK is a CommonJS file: it leaves what it makes in `module`. */
async function sdk(address) {
  window.module = { exports: {} };
  await new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", done);
    script.addEventListener("error", () => failed(new Error("no sdk")));
    document.head.append(script);
  });
  return window.module.exports;
}

function slot(content, name = "") {
  const held = document.createElement("script");
  held.type = "text/wxtag-template";
  if (name) held.slot = name;
  held.textContent = content;
  return held;
}

/** The button of one template. What stands in its slots is drawn by WeChat, apart from the page's styles. */
function button(box) {
  const tag = document.createElement("wx-open-subscribe");
  tag.setAttribute("template", box.dataset.template);
  tag.append(slot(`<style>.ask{${BUTTON}}</style>`, "style"), slot(`<button class="ask">${box.dataset.label}</button>`));
  tag.addEventListener("success", (event) => answered(box, event.detail));
  tag.addEventListener("error", (event) => say(box, CLOSED[event.detail?.errCode] ?? "没有订阅成功，请稍后再试。"));
  return tag;
}

function say(box, text) {
  const line = box.querySelector("[data-said]");
  line.textContent = text;
  line.hidden = !text;
}

/** What WeChat tells is text in text: {template id: {"status": "accept"}}. */
function statusOf(detail, template) {
  try {
    return JSON.parse(JSON.parse(detail.subscribeDetails)[template]).status;
  } catch {
    return "";
  }
}

function answered(box, detail) {
  const status = statusOf(detail, box.dataset.template);
  say(box, SAID[status] ?? "");
  const form = box.querySelector("form");
  if (!form || !(status === "accept" || status === "reject")) return;
  const told = new FormData(form);
  told.set("status", status);
  fetch(form.action, { method: "POST", body: told, credentials: "same-origin" }).catch(() => {});
}

async function begin(boxes) {
  const [first] = boxes;
  const page = location.href.split("#")[0];
  const answer = await fetch(`${first.dataset.sign}?${new URLSearchParams({ page })}`, { credentials: "same-origin" });
  if (!answer.ok) return;
  const [wx, signed] = [await sdk(first.dataset.sdk), await answer.json()];
  for (const box of boxes) box.querySelector("[data-button]").append(button(box));
  wx.config({ ...signed, jsApiList: ["closeWindow"], openTagList: ["wx-open-subscribe"] });
  wx.ready(() => {
    for (const box of boxes) {
      box.querySelector("[data-button]").hidden = false;
      box.querySelector("[data-elsewhere]").hidden = true;
    }
  });
  wx.error(() => {
    for (const box of boxes) box.querySelector("[data-elsewhere]").textContent = "订阅按钮没有打开，请退出本页后重新打开。";
  });
}

const boxes = [...document.querySelectorAll("[data-noticing]")];
if (boxes.length) begin(boxes).catch(() => {});
