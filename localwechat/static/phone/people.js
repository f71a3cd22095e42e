// Who holds the phone; scanning a code; settings.

import { accountAvatar, avatar, call, el, fill, icon } from "./dom.js";
import { openChat, openGroup } from "./chat.js";
import { openLink } from "./reading.js";
import { ask, bar, goBack, guarded, open, reset, sheet, shown } from "./screens.js";
import { applyTextSize, become, listTime, readAccount, reread, setTextSize, state } from "./state.js";

function row(face, name, note, side, action) {
  return el("button", { type: "button", class: "list-row", onclick: action }, face,
    el("span", { class: "list-text" }, el("strong", {}, name), note && el("span", {}, note)), side && el("small", {}, side));
}

/** The list of chats: WeChat's first page. */
export function openHome() {
  const list = el("div", { class: "list" });
  let timer = 0;

  async function draw() {
    await readAccount();
    await reread();
    const person = state.person;
    const chat = await call(`chat?openid=${encodeURIComponent(person.openid)}`);
    const last = chat.messages.findLast((message) => message.type !== "event");
    const groups = await call("groups");
    fill(list,
      row(accountAvatar(), state.account.name, person.following ? preview(last) || "点这里开始对话" : "还没有关注，点这里看看", last && listTime(last.at), openChat),
      groups.map((group) => row(avatar(group.name, "group"), group.name, group.robot ? "企业微信群，可由群机器人推送" : "普通微信群", "", () => openGroup(group))),
      el("button", { type: "button", class: "list-row quiet", onclick: newGroup }, el("span", { class: "avatar ghost" }, icon("plus")), el("span", { class: "list-text" }, el("strong", {}, "新建群聊"), el("span", {}, "用来试一试把文章转发到支部群"))));
    me.replaceChildren(avatar(person.nickname, "small"), el("span", {}, person.nickname), el("small", {}, "换人"));
  }

  async function newGroup() {
    const name = await ask("新建群聊", { placeholder: "例如：梧桐里支部群" });
    if (name) { await guarded(() => call("groups", { name })); await guarded(draw); }
  }

  const me = el("button", { type: "button", class: "me", onclick: openPeople });
  reset({
    node: el("section", {},
      el("header", { class: "bar home" }, el("span", { class: "bar-side" }), el("h1", {}, "微信"),
        el("button", { type: "button", class: "bar-side", "aria-label": "更多", onclick: () => sheet([
          { label: "扫一扫", note: "选择一个二维码", action: openScanner },
          { label: "字体大小", action: openTextSize },
          { label: "换一个人", action: openPeople },
        ]) }, icon("plus"))),
      el("div", { class: "holder" }, el("span", {}, "当前使用者"), me),
      el("div", { class: "scroller plain" }, list)),
    enter: () => { guarded(draw); timer = setInterval(() => { if (!document.hidden) draw().catch(() => {}); }, 3000); },
    leave: () => clearInterval(timer),
  });
}

function preview(message) {
  if (!message) return "";
  if (message.type === "news") return `［图文］${message.articles?.[0]?.title ?? ""}`;
  if (message.type === "template") return `［通知］${message.title ?? ""}`;
  if (message.type === "image") return "［图片］";
  return (message.content ?? message.head ?? message.title ?? "").replace(/<[^>]*>/g, "").replaceAll("\n", " ");
}

/** Choose who holds the phone. */
export function openPeople() {
  const list = el("div", { class: "list" });
  const search = el("input", { type: "search", placeholder: "按昵称查找", "aria-label": "按昵称查找", oninput: () => draw() });

  async function draw() {
    const wanted = search.value.trim();
    const answer = await guarded(() => call(`followers?limit=60&q=${encodeURIComponent(wanted)}`));
    if (!answer || wanted !== search.value.trim()) return;
    fill(list,
      el("p", { class: "list-heading" }, `共 ${answer.total.toLocaleString("zh-CN")} 人`),
      answer.followers.map((person) => row(avatar(person.nickname), person.nickname, person.following ? "已关注" : "未关注",
        person.openid === state.person?.openid ? "当前" : "", async () => { await become(person); openHome(); })),
      answer.followers.length ? "" : el("p", { class: "empty" }, "没有找到，换个昵称试试"));
  }

  async function fresh() {
    const nickname = await ask("新的微信用户", { placeholder: "昵称，例如：小区居民甲", text: "新用户还没有关注公众号，可以从扫码或资料页关注" });
    if (nickname === null) return;
    const person = await guarded(() => call("followers", { nickname: nickname || "新用户" }));
    if (person) { await become(person); openHome(); }
  }

  const screen = {
    node: el("section", {},
      bar("谁在用这部手机", { back: Boolean(state.person) }),
      el("div", { class: "searchbar" }, icon("search"), search),
      el("button", { type: "button", class: "wide-button", onclick: fresh }, icon("plus"), "新的微信用户"),
      el("div", { class: "scroller plain" }, list)),
    enter: draw,
  };
  if (state.person) open(screen); else reset(screen);
}

/** Scan: choose one of the codes that exist. */
export function openScanner() {
  const grid = el("div", { class: "codes" });
  async function draw() {
    const codes = await guarded(() => call("codes"));
    if (!codes) return;
    fill(grid, codes.length
      ? codes.map((code) => el("button", { type: "button", class: "code", disabled: code.expired, onclick: () => scan(code) },
        el("img", { src: code.picture, alt: "", loading: "lazy" }), el("strong", {}, code.name), el("small", {}, code.expired ? "已过期" : code.lasting ? "长期有效" : "临时")))
      : el("p", { class: "empty" }, "还没有二维码。请先在后台的“党支部”页面生成支部二维码，再回到这里扫描；也可以从公众号资料页直接关注。"));
  }
  const scan = (code) => guarded(async () => {
    await call("scan", { openid: state.person.openid, ticket: code.ticket });
    await reread();
    await goBack();
    if (shown() !== "chat") openChat();
  });
  open({ node: el("section", {}, bar("扫一扫", { subtitle: "选择要扫描的二维码" }), el("div", { class: "scroller plain" }, grid)), enter: draw });
}

/** WeChat's own setting of the size of text. */
export function openTextSize() {
  const sample = el("div", { class: "messages" },
    el("div", { class: "row own" }, avatar(state.person?.nickname ?? "我"), el("div", { class: "said" }, el("div", { class: "bubble" }, "预览字体大小"))),
    el("div", { class: "row" }, accountAvatar(), el("div", { class: "said" }, el("div", { class: "bubble" }, "拖动下面的滑块，可以调整对话里文字的大小"))));
  const slider = el("input", { type: "range", min: "0", max: "3", step: "1", value: String(state.textSize), "aria-label": "字体大小", oninput: () => setTextSize(Number(slider.value)) });
  open({ node: el("section", {}, bar("字体大小"), el("div", { class: "scroller" }, sample),
    el("div", { class: "slider" }, el("span", {}, "小"), slider, el("span", { class: "big" }, "特大"))) });
}

export { applyTextSize, openLink };
