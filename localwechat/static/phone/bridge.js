// What WeChat's browser puts into every page: the name of the app, WeixinJSBridge, and the tag <wx-open-subscribe>.
// A page that is shown in the phone's frame loads this first; the phone outside the frame does the rest, and asks the person.

(() => {
  if (window.parent === window) return;
  const agent = `${navigator.userAgent} MicroMessenger/8.0.49 (local)`;
  Object.defineProperty(navigator, "userAgent", { get: () => agent });

  let calls = 0;
  const waiting = new Map();
  const toPhone = (name, body) => new Promise((done) => {
    calls += 1;
    waiting.set(calls, done);
    window.parent.postMessage({ wechat: name, call: calls, page: location.href, ...body }, "*");
  });
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !event.data || !waiting.has(event.data.answers)) return;
    waiting.get(event.data.answers)(event.data.answer);
    waiting.delete(event.data.answers);
  });

  function subscribeTag() {
    if (customElements.get("wx-open-subscribe")) return;
    customElements.define("wx-open-subscribe", class extends HTMLElement {
      connectedCallback() {
        if (this.shadowRoot) return;
        const held = [...this.querySelectorAll('script[type="text/wxtag-template"]')];
        const inside = this.attachShadow({ mode: "closed" });
        const content = new DOMParser().parseFromString(held.filter((one) => one.slot !== "style").map((one) => one.textContent).join(""), "text/html");
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(held.filter((one) => one.slot === "style").map((one) => one.textContent.replace(/<\/?style>/g, "")).join("\n"));
        inside.adoptedStyleSheets = [sheet];
        inside.append(...content.body.childNodes);
        inside.addEventListener("click", () => this.#ask());
      }

      async #ask() {
        const templates = (this.getAttribute("template") ?? "").split(",").map((one) => one.trim()).filter(Boolean);
        const answer = await toPhone("subscribe", { templates });
        const name = answer.errCode ? "error" : "success";
        this.dispatchEvent(new CustomEvent(name, { detail: answer }));
      }
    });
  }

  async function verified(request) {
    const answer = await toPhone("config", {
      appId: request.verifyAppId, timestamp: request.verifyTimestamp, nonceStr: request.verifyNonceStr,
      signature: request.verifySignature, tags: request.verifyOpenTagList ?? [],
    });
    if (answer.errMsg === "config:ok" && (request.verifyOpenTagList ?? []).includes("wx-open-subscribe")) subscribeTag();
    return answer;
  }

  window.WeixinJSBridge = {
    on() {},
    async invoke(name, request, done) {
      done(name === "preVerifyJSAPI" ? await verified(request) : { errMsg: `${name}:the local phone has no such thing` });
    },
  };
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));
})();
