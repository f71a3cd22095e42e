// 批注: words that are marked in the frame with the article become the passage of a new comment.

import { all, one, whenShown } from "./dom.js";

const MOST = 200;
const maker = one("#comment-maker");
const button = document.createElement("button");
button.type = "button";
button.className = "btn btn-primary mark-passage";
button.textContent = "批注所选文字";
button.hidden = true;

let marked = "";

function look(frame) {
  const selection = frame.contentDocument?.getSelection();
  marked = selection ? selection.toString().replace(/\s+/g, " ").trim() : "";
  button.hidden = !marked;
}

function watch(frame) {
  frame.contentDocument?.addEventListener("selectionchange", () => look(frame));
}

if (maker) {
  document.body.append(button);
  button.addEventListener("click", () => {
    maker.open = true;
    one("[name=quote]", maker).value = marked.slice(0, MOST);
    button.hidden = true;
    maker.scrollIntoView({ block: "center" });
    one("[name=text]", maker).focus({ preventScroll: true });
  });
  whenShown((root) => all("iframe.paper-frame", root).forEach((frame) => {
    frame.addEventListener("load", () => watch(frame));
    if (frame.contentDocument?.readyState === "complete") watch(frame);
  }));
}
