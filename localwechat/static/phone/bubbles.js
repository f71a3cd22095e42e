// How one message looks.

import { accountAvatar, avatar, chatTime, el, icon } from "./dom.js";
import { now, state } from "./state.js";
import { markdown, templateCard } from "./wecom.js";

/** Text with the few links that WeChat makes alive: <a href="http…"> and <a href="weixin://bizmsgmenu?…">. */
export function rich(text, onLink) {
  const box = document.createDocumentFragment();
  const pattern = /<a\b[^>]*?href\s*=\s*["']([^"']*)["'][^>]*>([\s\S]*?)<\/a>|(https?:\/\/[^\s<>"'，。；、）】]+)/gi;
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    box.append(text.slice(end, match.index));
    const href = (match[1] ?? match[3]).replaceAll("&amp;", "&");
    const label = (match[2] ?? match[3]).replace(/<[^>]*>/g, "");
    if (/^(https?:|\/|weixin:\/\/bizmsgmenu)/i.test(href)) {
      box.append(el("a", { href: href.startsWith("weixin:") ? "#" : href, onclick: (event) => { event.preventDefault(); onLink(href, label); } }, label));
    } else box.append(label);
    end = match.index + match[0].length;
  }
  box.append(text.slice(end));
  return box;
}

const cover = (url, big) => {
  const frame = el("span", { class: big ? "news-cover" : "news-thumb" });
  if (url) {
    const picture = el("img", { src: url, alt: "", loading: "lazy", referrerpolicy: "no-referrer", onerror: () => picture.remove() });
    frame.append(picture);
  }
  return frame;
};

function news(message, on) {
  const articles = message.articles ?? [];
  if (articles.length === 1) {
    const [article] = articles;
    return el("button", { type: "button", class: "card news-single", onclick: () => on.article(article) },
      cover(article.cover, true),
      el("span", { class: "news-body" }, el("strong", {}, article.title || "（无标题）"), article.digest && el("span", { class: "digest" }, article.digest)),
      article.deleted && el("em", {}, "该内容已被发布者删除"));
  }
  return el("div", { class: "card news-many" }, articles.map((article, index) => el("button", { type: "button", class: index ? "news-row" : "news-top", onclick: () => on.article(article) },
    index ? el("span", {}, article.title) : "", cover(article.cover, !index), index ? "" : el("strong", {}, article.title))));
}

function template(message, on) {
  const clickable = Boolean(message.url);
  return el(clickable ? "button" : "div", { type: clickable && "button", class: "card template", onclick: clickable && (() => on.link(message.url, message.title)) },
    el("strong", { class: "template-title" }, message.title || "服务通知"),
    el("dl", {}, (message.fields ?? []).flatMap((field) => [el("dt", {}, field.name), el("dd", {}, field.value)])),
    clickable && el("span", { class: "template-more" }, "查看详情"));
}

function msgmenu(message, on) {
  return el("div", { class: "bubble" }, message.head && el("p", {}, message.head),
    (message.items ?? []).map((item) => el("a", { href: "#", class: "menu-item", onclick: (event) => { event.preventDefault(); on.say(item.content, item.id); } }, item.content)),
    message.tail && el("p", {}, message.tail));
}

function body(message, on) {
  switch (message.type) {
    case "markdown": return markdown(message.content ?? "", on.link);
    case "template_card": return templateCard(message, cover, on.link);
    case "text": return el("div", { class: "bubble" }, rich(message.content ?? "", on.link));
    case "news": return news(message, on);
    case "template": return template(message, on);
    case "msgmenu": return msgmenu(message, on);
    case "image": return el("div", { class: "bubble picture" }, el("img", { src: message.media, alt: "图片", loading: "lazy" }));
    case "card": return el("button", { type: "button", class: "card share", onclick: () => on.article(message) },
      el("strong", {}, message.title), el("span", { class: "share-row" }, el("span", { class: "digest" }, message.digest || ""), cover(message.cover, false)));
    case "miniprogram": return el("div", { class: "card share" }, el("strong", {}, message.title || "小程序"), cover(message.cover, true));
    case "voice": return el("div", { class: "bubble" }, "［语音］");
    case "video": case "shortvideo": return el("div", { class: "bubble" }, "［视频］", message.title);
    case "music": return el("div", { class: "bubble" }, "［音乐］", message.title);
    case "file": return el("a", { class: "card share", href: message.media || "#" }, el("strong", {}, message.name || "文件"));
    case "location": return el("div", { class: "bubble" }, "［位置］", message.Label || message.label || "");
    case "link": return el("div", { class: "bubble" }, "［链接］", message.Title || message.title || "");
    default: return el("div", { class: "bubble" }, message.content || "［暂不支持显示的消息］");
  }
}

/** One message as an element; null for what is not drawn. `before` is the time of the one above. */
export function bubble(message, before, on) {
  const row = document.createDocumentFragment();
  if (!before || message.at - before > 300) row.append(el("p", { class: "time" }, chatTime(message.at, now())));
  if (message.type === "notice" || message.type === "event") {
    if (!message.content) return { node: null, drawn: false };
    row.append(el("p", { class: "notice" }, message.content));
    return { node: row, drawn: true };
  }
  const own = message.way === "out";
  const robot = message.kind === "robot";
  const wide = !own && !robot && ["news", "template"].includes(message.type);
  const sender = message.sender;
  const face = own ? avatar(state.person?.nickname ?? "我") : sender ? avatar(sender) : accountAvatar();
  row.append(el("div", { class: `row ${own ? "own" : ""} ${wide ? "wide" : ""}`, "data-seq": message.seq },
    wide ? "" : face,
    el("div", { class: "said" }, sender && !own && el("small", { class: "sender" }, sender, robot && el("span", { class: "bot" }, "机器人")), body(message, on))));
  return { node: row, drawn: true };
}

export { icon };
