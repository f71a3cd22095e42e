// The chat with the account, and group chats.

import { bubble } from "./bubbles.js";
import { call, el, fill, icon } from "./dom.js";
import { openArticle, openLink } from "./reading.js";
import { openProfile } from "./profile.js";
import { bar, guarded, open, sheet, toast } from "./screens.js";
import { readAccount, reread, state } from "./state.js";

const POLL_MS = 1000;

/** Messages that grow at the end; asks once a second, and at once after something was done. */
class Stream {
  constructor(path, on) {
    this.path = path;
    this.on = on;
    this.last = 0;
    this.lastAt = 0;
    this.etag = "";
    this.list = el("div", { class: "messages", role: "log", "aria-live": "polite" });
    this.scroller = el("div", { class: "scroller", tabindex: "0" }, this.list);
    this.timer = 0;
    this.running = false;
    this.asking = null;
  }

  start() {
    this.running = true;
    this.tick();
  }

  stop() {
    this.running = false;
    clearTimeout(this.timer);
  }

  async tick() {
    clearTimeout(this.timer);
    if (!this.running) return;
    if (!document.hidden) await this.ask().catch(() => {});
    if (this.running) this.timer = setTimeout(() => this.tick(), POLL_MS);
  }

  ask() {
    this.asking ??= this.#ask().finally(() => { this.asking = null; });
    return this.asking;
  }

  async #ask() {
    const separator = this.path.includes("?") ? "&" : "?";
    const answer = await call(`${this.path}${separator}after=${this.last}`, undefined, this.etag ? { "If-None-Match": this.etag } : {});
    if (!answer) return;
    this.etag = answer.etag ?? "";
    const first = this.last === 0;
    const near = first || this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 160;
    let own = false;
    for (const message of answer.messages) {
      if (message.seq <= this.last) continue;
      this.last = message.seq;
      const { node, drawn } = bubble(message, this.lastAt, this.on);
      if (!drawn) continue;
      this.lastAt = message.at;
      own ||= message.way === "out";
      this.list.append(node);
    }
    if (answer.messages.length) this.etag = "";
    this.on.following?.(answer.following);
    if (answer.messages.length && (near || own)) this.toEnd();
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    requestAnimationFrame(() => { this.scroller.scrollTop = this.scroller.scrollHeight; });
  }
}

function composer({ send, left = null, plus = null, placeholder = "" }) {
  const input = el("textarea", { rows: "1", maxlength: "4000", placeholder, "aria-label": "输入消息", enterkeyhint: "send" });
  const button = el("button", { type: "submit", class: "send" }, "发送");
  const fit = () => {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, 110)}px`;
    form.classList.toggle("has-text", input.value.trim() !== "");
  };
  const submit = async () => {
    const text = input.value;
    if (!text.trim()) { toast("请输入内容"); return; }
    input.value = "";
    fit();
    await send(text);
  };
  input.addEventListener("input", fit);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
  });
  const form = el("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); submit(); } }, left, input, plus, button);
  return form;
}

/** The chat with the official account. */
export function openChat() {
  const person = state.person;
  const openid = person.openid;
  const on = {
    say: (text, item) => act(() => call("say", { openid, text, menu_item: item })),
    article: (article) => openArticle(article),
    link: (href, label) => {
      const menu = /^weixin:\/\/bizmsgmenu\?(.*)$/i.exec(href);
      if (menu) {
        const query = new URLSearchParams(menu[1]);
        on.say(query.get("msgmenucontent") || label, query.get("msgmenuid") || "");
      } else openLink(href, label);
    },
    following: (follows) => show(Boolean(follows)),
  };
  const stream = new Stream(`chat?openid=${encodeURIComponent(openid)}`, on);
  const footer = el("footer", { class: "footer" });
  let mode = "";
  let buttons = [];
  let waiting = 0;

  async function act(work) {
    waiting += 1;
    const early = setTimeout(() => stream.ask().catch(() => {}), 120);
    try {
      return await guarded(work);
    } finally {
      clearTimeout(early);
      waiting -= 1;
      await stream.ask().catch(() => {});
    }
  }

  function show(follows, wanted = mode) {
    const next = !follows ? "stranger" : wanted === "keys" || !buttons.length ? "keys" : "menu";
    if (next === mode && footer.childElementCount) return;
    mode = next;
    if (mode === "stranger") {
      fill(footer, el("div", { class: "stranger" }, el("p", {}, "关注后才能收到推送和回复"),
        el("button", { type: "button", class: "primary", onclick: () => act(async () => { await call("follow", { openid }); await reread(); await loadMenu(); mode = ""; show(true, "menu"); }) }, "关注公众号")));
    } else if (mode === "keys") {
      fill(footer, composer({
        send: (text) => act(() => call("say", { openid, text })),
        left: buttons.length ? el("button", { type: "button", class: "swap", "aria-label": "切换到菜单", onclick: () => { closePop(); show(true, "menu"); } }, icon("menu")) : null,
        plus: el("button", { type: "button", class: "swap plus", "aria-label": "更多", onclick: more }, icon("plus")),
      }));
    } else {
      fill(footer, el("div", { class: "menubar" },
        el("button", { type: "button", class: "swap", "aria-label": "切换到键盘", onclick: () => { closePop(); show(true, "keys"); footer.querySelector("textarea").focus(); } }, icon("keyboard")),
        buttons.map((button, index) => el("button", { type: "button", class: "menubutton", "aria-haspopup": button.sub_button?.length ? "menu" : false, onclick: (event) => tapTop(button, index, event.currentTarget) },
          button.sub_button?.length ? el("span", { class: "lines", "aria-hidden": "true" }) : "", button.name))));
    }
  }

  const closePop = () => footer.querySelector(".pop")?.remove();

  function tapTop(button, index, anchor) {
    const wasOpen = footer.querySelector(`.pop[data-index="${index}"]`);
    closePop();
    if (!button.sub_button?.length) { tap(index); return; }
    if (wasOpen) return;
    const pop = el("div", { class: "pop", role: "menu", "data-index": index }, button.sub_button.map((entry, sub) =>
      el("button", { type: "button", role: "menuitem", onclick: () => { closePop(); tap(index, sub); } }, entry.name)));
    footer.append(pop);
    const middle = anchor.offsetLeft + anchor.offsetWidth / 2;
    const left = Math.min(Math.max(middle - pop.offsetWidth / 2, 6), footer.clientWidth - pop.offsetWidth - 6);
    pop.style.left = `${left}px`;
    pop.style.setProperty("--arrow", `${middle - left}px`);
  }

  async function tap(index, sub = null) {
    const button = sub === null ? buttons[index] : buttons[index].sub_button[sub];
    const body = { openid, index, sub };
    if (button.type === "scancode_push" || button.type === "scancode_waitmsg") body.result = "demo";
    const answer = await act(() => call("menu", body));
    if (answer?.type === "view" && answer.url) openLink(answer.url, button.name);
  }

  async function loadMenu() {
    const answer = await guarded(() => call(`menu?openid=${encodeURIComponent(openid)}`));
    buttons = answer?.button ?? [];
  }

  function more() {
    sheet([
      { label: "发送图片", action: pickPicture },
      { label: "扫一扫", action: () => import("./people.js").then((module) => module.openScanner()) },
    ]);
  }

  function pickPicture() {
    const input = el("input", { type: "file", accept: "image/*", onchange: () => {
      const data = new FormData();
      data.append("openid", openid);
      if (input.files[0]) data.append("picture", input.files[0]);
      act(() => call("picture", data));
    } });
    input.click();
  }

  stream.scroller.addEventListener("click", closePop);
  open({
    name: "chat",
    node: el("section", { class: "chat" },
      bar(state.account.name, { right: el("button", { type: "button", class: "bar-side", "aria-label": "公众号资料", onclick: openProfile }, icon("more")) }),
      stream.scroller, footer),
    enter: async () => {
      await guarded(readAccount);
      await loadMenu();
      await guarded(reread);
      mode = "";
      show(Boolean(state.person.following), buttons.length ? "menu" : "keys");
      stream.start();
    },
    leave: () => stream.stop(),
  });
}

/** A group chat, into which articles can be forwarded. */
export function openGroup(group) {
  const on = { say: () => {}, article: openArticle, link: openLink };
  const stream = new Stream(`groups/${group.id}/chat`, on);
  open({
    node: el("section", { class: "chat" }, bar(group.name), stream.scroller,
      el("footer", { class: "footer" }, composer({ send: (text) => guarded(async () => {
        await call(`groups/${group.id}/say`, { openid: state.person.openid, text });
        await stream.ask();
      }) }))),
    enter: () => stream.start(),
    leave: () => stream.stop(),
  });
}
