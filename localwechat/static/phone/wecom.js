// What a group robot says, as WeCom draws it: its markdown and its template cards.

import { el } from "./dom.js";

const COLOURS = { info: "font-info", comment: "font-comment", warning: "font-warning" };
// In this order: code first, for nothing in it is alive. Source: developer.work.weixin.qq.com/document/path/91770
const INLINE = /`([^`\n]+)`|\*\*([^\n]+?)\*\*|\[([^\]\n]*)\]\(([^)\s]*)\)|<font color="(info|comment|warning)">([\s\S]*?)<\/font>|<@([^>\s]+)>/;

function inline(text, onLink) {
  const found = INLINE.exec(text);
  if (!found) return [text];
  const [whole, code, bold, label, href, colour, coloured, member] = found;
  const rest = inline(text.slice(found.index + whole.length), onLink);
  const before = text.slice(0, found.index);
  const follow = (event) => { event.preventDefault(); onLink(href, label); };
  const node = code !== undefined ? el("code", {}, code)
    : bold !== undefined ? el("strong", {}, inline(bold, onLink))
    : href !== undefined ? (/^https?:/i.test(href) ? el("a", { href, onclick: follow }, label || href) : label)
    : colour ? el("span", { class: COLOURS[colour] }, inline(coloured, onLink))
    : el("span", { class: "mention" }, `@${member}`);
  return [before, node, ...rest];
}

/** WeCom's markdown: headings, bold, links, code, quotes, three colours and mentions; everything else is text. */
export function markdown(content, onLink) {
  const box = el("div", { class: "bubble markdown" });
  for (const line of content.split("\n")) {
    const heading = /^(#{1,6}) +(.*)$/.exec(line);
    const quote = /^> ?(.*)$/.exec(line);
    if (heading) box.append(el("p", { class: `heading heading-${heading[1].length}` }, inline(heading[2], onLink)));
    else if (quote) box.append(el("blockquote", {}, inline(quote[1], onLink)));
    else box.append(el("p", {}, line ? inline(line, onLink) : "\u00a0"));
  }
  return box;
}

/** A template card: whose it is, a large title, what more it says, and the ways to jump. */
export function templateCard(message, cover, onLink) {
  const open = (url, title) => onLink(url, title);
  return el("div", { class: "card wecom-card" },
    message.source && el("small", { class: "wecom-source" }, message.source),
    el("button", { type: "button", class: "wecom-main", onclick: () => open(message.url, message.title) },
      el("strong", {}, message.title), message.digest && el("span", { class: "digest" }, message.digest),
      message.cover && cover(message.cover, true),
      message.emphasis?.title && el("span", { class: "wecom-emphasis" }, el("b", {}, message.emphasis.title), el("span", {}, message.emphasis.desc ?? "")),
      message.text && el("span", { class: "wecom-text" }, message.text),
      message.fields?.length > 0 && el("dl", {}, message.fields.flatMap((field) => [el("dt", {}, field.name), el("dd", {}, field.value)]))),
    (message.jumps ?? []).map((jump) => el("button", { type: "button", class: "wecom-jump", onclick: () => open(jump.url, jump.title) }, jump.title)));
}
