// What a page in the built-in browser asks of WeChat by its bridge: is it signed, and may its account send notices to this person.

import { call, el } from "./dom.js";
import { guarded } from "./screens.js";
import { state } from "./state.js";

/** Answer what the page in this frame asks. Returns what ends it. */
export function serve(frame) {
  const heard = async (event) => {
    if (event.source !== frame.contentWindow || !event.data?.wechat) return;
    const answer = await (event.data.wechat === "config" ? signed(event.data) : subscribe(event.data));
    event.source.postMessage({ answers: event.data.call, answer }, event.origin);
  };
  window.addEventListener("message", heard);
  return () => window.removeEventListener("message", heard);
}

async function signed({ page, appId, timestamp, nonceStr, signature }) {
  return (await guarded(() => call("jsapi", { page, appId, timestamp, nonceStr, signature }))) ?? { errMsg: "config:fail" };
}

async function subscribe({ templates }) {
  const { openid } = state.person;
  const asked = await guarded(() => call("subscribe/ask", { openid, templates }));
  if (!asked) return { errCode: 10002, errMsg: "subscribe:fail network" };
  if (asked.errCode) return asked;
  const open = asked.templates.filter((one) => !one.remembered);
  const said = open.length ? await dialog(open) : { answers: {}, always: false };
  return (await guarded(() => call("subscribe/answer", { openid, templates, ...said }))) ?? { errCode: 10002, errMsg: "subscribe:fail network" };
}

/** The pop-up as WeChat shows it: a tick for each notice, 总是保持以上选择, and two buttons. */
function dialog(templates) {
  return new Promise((resolve) => {
    const ticks = templates.map((one) => el("input", { type: "checkbox", checked: true, value: one.template_id }));
    const always = el("input", { type: "checkbox" });
    const end = (allowed) => {
      ground.remove();
      const answers = Object.fromEntries(ticks.map((tick) => [tick.value, allowed && tick.checked ? "accept" : "reject"]));
      resolve({ answers, always: always.checked });
    };
    const ground = el("div", { class: "dialog-ground" },
      el("form", { class: "dialog subscribe", role: "dialog", "aria-modal": "true", "aria-label": "订阅消息", onsubmit: (event) => { event.preventDefault(); end(true); } },
        el("h2", {}, `${state.account.name} 申请发送消息`),
        el("p", {}, templates.some((one) => one.long_term) ? "允许发送以下通知" : "允许发送一次以下通知"),
        templates.map((one, index) => el("label", { class: "subscribe-line" }, ticks[index], el("span", {}, one.title))),
        el("label", { class: "subscribe-line quiet" }, always, el("span", {}, "总是保持以上选择，不再询问")),
        el("div", { class: "dialog-buttons" },
          el("button", { type: "button", "data-cancel": true, onclick: () => end(false) }, "取消"),
          el("button", { type: "submit", class: "primary" }, "允许"))));
    document.getElementById("phone").append(ground);
    ground.querySelector(".primary").focus();
  });
}
