// The account's profile: follow and unfollow.

import { accountAvatar, call, el, fill } from "./dom.js";
import { ask, bar, goBack, guarded, open, toast } from "./screens.js";
import { reread, state } from "./state.js";

const kinds = { service: "服务号", subscription: "公众号" };

/** The account's profile: follow, unfollow. */
export function openProfile() {
  const actions = el("div", { class: "profile-actions" });
  function draw() {
    const { person } = state;
    fill(actions, person.following
      ? [el("button", { type: "button", class: "primary", onclick: goBack }, "发消息"), el("button", { type: "button", class: "plain-button", onclick: leave }, "不再关注")]
      : el("button", { type: "button", class: "primary", onclick: join }, "关注公众号"));
  }
  const join = () => guarded(async () => { await call("follow", { openid: state.person.openid }); await reread(); draw(); toast("已关注"); });
  const leave = async () => {
    if (!(await ask("不再关注", { field: false, text: `不再关注“${state.account.name}”后将不再收到其下发的消息`, yes: "不再关注" }))) return;
    await guarded(async () => { await call("unfollow", { openid: state.person.openid }); await reread(); draw(); toast("已取消关注"); });
  };
  open({
    node: el("section", { class: "profile" }, bar(""),
      el("div", { class: "profile-card" }, accountAvatar("large"), el("h2", {}, state.account.name), el("p", {}, kinds[state.account.type] ?? ""),
        el("p", { class: "muted" }, "本地微信里的演练账号，不会连接真实的微信")),
      actions),
    enter: draw,
  });
}
