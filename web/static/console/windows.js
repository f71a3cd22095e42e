// The pages of one browser know of each other: one that died without a word does not shut its own writer out.

import { article, data } from "./article_form.js";

const ANSWER_MS = 300;
const random = () => Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const inWindow = sessionStorage.getItem("window") || random();
sessionStorage.setItem("window", inWindow);
export const tab = `${inWindow}.${random()}`; // this page in this window: loaded anew it goes on where it was

/* eslint-disable unicorn/require-post-message-target-origin -- a channel has no target to name, as a window has */
const written = `writes-${data.person}-${article}`;
const channel = new BroadcastChannel(written);
channel.addEventListener("message", ({ data: said }) => {
  if (said.asks === tab) channel.postMessage({ lives: tab });
});

function lives(other) {
  return new Promise((answer) => {
    const heard = ({ data: said }) => { if (said.lives === other) answer(true); };
    channel.addEventListener("message", heard);
    channel.postMessage({ asks: other });
    setTimeout(() => { channel.removeEventListener("message", heard); answer(false); }, ANSWER_MS);
  });
}

// This page writes.
export function writes() {
  try {
    localStorage.setItem(written, tab);
  } catch { /* a full or forbidden store: the server frees the article after a minute of silence */ }
}

// The page of this browser that wrote last, if it is gone: its farewell may not have reached the server (power, network).
export async function dead() {
  let last = null;
  try {
    last = localStorage.getItem(written);
  } catch { /* as above */ }
  return last && last !== tab && !(await lives(last)) ? last : null;
}
