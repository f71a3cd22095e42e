// Pictures of something pasted become pictures of ours before the text is put in: uploaded out of the clipboard, or copied by the
// server from the site on which they lie. What cannot be had stays as it is, and the server names it in its place.

import { csrf, data, post, Refused } from "./article_form.js";

const LAZY = ["data-src", "data-original", "data-lazy-src", "data-actualsrc", "data-original-src", "data-lazyload"];
const AT_ONCE = 3;
const OURS = /^(?:https?:\/\/[^/]+)?(\/m\/asset\/[0-9a-f]{64})/;

const isWeb = (address) => /^(?:https?:)?\/\/[^/]/i.test(address);
export const isHere = (address) => /^(?:data:image\/|blob:)/i.test(address);

function sourceOf(image) {
  const addresses = [...LAZY, "src"].map((name) => image.getAttribute(name)?.trim() || "");
  return addresses.find(isWeb) || addresses.find(isHere) || addresses.at(-1);
}

// Pictures in backgrounds, as layout tools set them: [element, address].
function* backgrounds(root) {
  for (const element of root.querySelectorAll('[style*="url("]')) {
    for (const [, , address] of element.getAttribute("style").matchAll(/url\(\s*(["']|&quot;)?(.*?)\1\s*\)/gi)) {
      if (isWeb(address) || isHere(address)) yield [element, address];
    }
  }
}

function wanted(root) {
  const found = new Map(); // address → what to do with the address of ours
  const want = (address, put) => found.set(address, [...(found.get(address) || []), put]);
  for (const image of root.querySelectorAll("img, image")) {
    const address = image.localName === "image" ? image.getAttribute("href") || image.getAttribute("xlink:href") || "" : sourceOf(image);
    const ours = OURS.exec(address);
    if (ours && new URL(address, location.href).host === location.host) {
      image.setAttribute("src", ours[1]);
    } else if (isWeb(address) || isHere(address)) {
      want(address, (url) => {
        LAZY.forEach((name) => image.removeAttribute(name));
        image.setAttribute(image.localName === "image" ? "href" : "src", url);
      });
    }
  }
  for (const [element, address] of backgrounds(root)) {
    if (!OURS.test(address)) want(address, (url) => element.setAttribute("style", element.getAttribute("style").replaceAll(address, url)));
  }
  return found;
}

export async function uploaded(blob, signal, query = "") {
  const body = new FormData();
  body.append("csrf_token", csrf());
  body.append("file0", blob, "pasted");
  const answer = await fetch(data.pictures + query, { method: "POST", body, signal, redirect: "manual" });
  if (answer.type === "opaqueredirect") throw new Refused("登录已过期，请重新登录后再粘贴");
  const result = await answer.json().catch(() => ({ message: answer.status === 413 ? "图片太大，请压缩后再上传" : "图片上传失败" }));
  if (!result.success) throw new Refused(result.message);
  return result.pictures[0].url;
}

async function taken(address, signal) {
  if (isHere(address)) return uploaded(await blobOf(address), signal);
  const full = address.startsWith("//") ? `https:${address}` : address;
  const answer = await post(data.copyPicture, { url: full }, { signal });
  return (await answer.json()).pictures[0].url;
}

// Blobs belong to the page that made them: this one may look at its own alone, and the policy lets it look, not fetch.
async function drawn(address) {
  const image = new Image();
  image.src = address;
  await image.decode().catch(() => { throw new Refused("图片只在原来的网页里，读不到"); });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return new Promise((done) => { canvas.toBlob(done, "image/png"); });
}

async function blobOf(address) {
  if (address.startsWith("blob:")) return drawn(address);
  // Not by fetch: the page's policy asks the network of its own server alone.
  const [head, body] = [address.slice(5, address.indexOf(",")), address.slice(address.indexOf(",") + 1)];
  let bytes;
  try {
    bytes = /;base64/i.test(head) ? atob(body.replace(/\s/g, "")) : decodeURIComponent(body);
  } catch {
    throw new Refused("图片数据不完整");
  }
  if (/svg/i.test(head)) throw new Refused("矢量图不能直接使用，请截图后上传");
  return new Blob([Uint8Array.from(bytes, (char) => char.charCodeAt(0))], { type: head.split(";")[0] });
}

// Pictures below that are shown nowhere else than on another site.
export const outside = (root) => [...wanted(root).keys()].filter(isWeb).length;

// Give every picture below an address of ours; what failed, and why. ``said`` hears how far it is. What failed gets an address that
// the server names as lost, unless it ``stays``, as in a text that stands there already.
export async function adopt(root, said, { signal, stays = false, which = () => true } = {}) {
  const work = [...wanted(root)].filter(([address]) => which(address));
  const failed = [];
  let done = 0;
  said(0, work.length);
  const next = async () => {
    const one = work.shift();
    if (!one || signal?.aborted) return;
    const [address, puts] = one;
    try {
      const url = await taken(address, signal);
      puts.forEach((put) => put(url));
    } catch (error) {
      failed.push({ address, why: error.name === "AbortError" ? "已停止" : error.message });
      if (!stays) puts.forEach((put) => put(isWeb(address) ? `file:///${address.split(/[?#]/)[0].split("/").pop()}` : "blob:"));
    }
    done += 1;
    said(done, done + work.length);
    await next();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  work.forEach(([address, puts]) => { // what was stopped
    failed.push({ address, why: "已停止" });
    if (!stays) puts.forEach((put) => put("blob:"));
  });
  return failed;
}

// --- pictures of Word: in its HTML they are files of the computer, but its RTF brings their bytes ------------------

// Each picture's own words and digits, without the groups inside of it.
function* picturesOf(rtf) {
  for (let at = rtf.indexOf("{\\pict"); at >= 0; at = rtf.indexOf("{\\pict", at)) {
    let depth = 0;
    let own = "";
    let from = at + 1;
    for (; at < rtf.length; at += 1) {
      if (rtf[at] === "{") {
        if (depth === 1) own += rtf.slice(from, at);
        depth += 1;
      } else if (rtf[at] === "}") {
        depth -= 1;
        if (depth === 1) from = at + 1;
        if (depth === 0) break;
      }
    }
    yield own + rtf.slice(from, at);
  }
}

export function fromRtf(rtf, root) {
  const files = [...root.querySelectorAll("img")].filter((image) => /^file:/i.test(image.getAttribute("src") || ""));
  if (!files.length || !rtf) return;
  const pictures = [];
  for (const piece of picturesOf(rtf)) {
    const type = piece.includes("\\pngblip") ? "image/png" : piece.includes("\\jpegblip") ? "image/jpeg" : "";
    const hex = piece.replace(/\\[a-z]+-?\d*\s?/gi, "").replace(/[^0-9a-fA-F]/g, "");
    if (type && hex) pictures.push([type, hex]);
  }
  if (pictures.length !== files.length) return; // which is which is not certain: they are named as lost instead
  files.forEach((image, at) => {
    const [type, hex] = pictures[at];
    const bytes = hex.match(/../g).map((pair) => String.fromCharCode(parseInt(pair, 16))).join("");
    image.setAttribute("src", `data:${type};base64,${btoa(bytes)}`);
  });
}
