// The built-in browser: articles of the account, and pages that menus and replies lead to.

import { call, el, icon } from "./dom.js";
import { serve } from "./openpages.js";
import { ask, goBack, guarded, open, sheet, toast } from "./screens.js";
import { state } from "./state.js";

const withPerson = (url) => {
  const target = new URL(url, location.href);
  return target.origin === location.origin ? target.pathname + target.search : target.href;
};

/** Show a page inside the phone. `article` is what would be forwarded: {title, digest, cover, url}. */
export function openLink(url, title = "", article = null) {
  if (!/^(https?:|\/)/i.test(url)) { toast("这个链接在手机上打不开"); return; }
  const address = withPerson(url);
  const host = new URL(address, location.href).host;
  let loads = 0;
  const frame = el("iframe", { onload: () => { loads += 1; }, src: address, title: title || "网页", referrerpolicy: "no-referrer-when-downgrade", allow: "clipboard-write" });
  const forwarded = article ?? { title: title || "网页链接", digest: host, cover: "", url: new URL(address, location.href).href };
  open({
    enter() { this.entries ??= history.length; this.ended ??= serve(frame); },
    leave() { this.ended?.(); this.ended = null; },
    strayed() { return loads > 1 || history.length !== this.entries; },
    node: el("section", { class: "browser" },
      el("header", { class: "bar" },
        el("button", { type: "button", class: "bar-side", "aria-label": "关闭", onclick: goBack }, icon("close")),
        el("h1", {}, title || host),
        el("button", { type: "button", class: "bar-side", "aria-label": "更多", onclick: () => sheet([
          { label: "转发到群", action: () => forward(forwarded) },
          { label: "复制链接", action: () => copy(new URL(address, location.href).href) },
          { label: "用浏览器打开", action: () => window.open(address, "_blank", "noopener") },
        ], `网页由 ${host} 提供`) }, icon("more"))),
      frame),
  });
}

/** Open an article of a card. */
export function openArticle(article) {
  if (article.deleted) { toast("该内容已被发布者删除"); return; }
  if (!article.url) { toast("这篇文章没有链接"); return; }
  openLink(article.url, state.account.name, { title: article.title, digest: article.digest ?? "", cover: article.cover ?? "", url: article.url });
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("链接已复制");
  } catch {
    toast("浏览器不允许复制，请长按地址自行复制");
  }
}

/** Choose a group and forward a card into it. */
export async function forward(card) {
  const groups = await guarded(() => call("groups"));
  if (!groups) return;
  const send = (group) => guarded(async () => {
    await call(`groups/${group.id}/say`, { openid: state.person.openid, forward: card });
    toast(`已转发到“${group.name}”`);
  });
  sheet([
    ...groups.map((group) => ({ label: group.name, action: () => send(group) })),
    { label: "新建一个群再转发", action: async () => {
      const name = await ask("新建群聊", { placeholder: "例如：梧桐里支部群" });
      if (name) { const made = await guarded(() => call("groups", { name })); if (made) await send(made.at(-1)); }
    } },
  ], "转发到");
}
