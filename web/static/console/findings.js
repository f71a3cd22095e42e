// Findings of the wording check: a click leads to the place in the text, another takes the suggestion.
//
// A place is a paragraph of the plain text and characters in it. The text is that of the editor where there is one, else that of
// the frame that shows the body; it is cut into paragraphs here as the server does it (content/cleaning.py, text_of).

import { all, one } from "./dom.js";
import { notice } from "./notices.js";

const BLOCKS = new Set([
  "SECTION", "P", "H1", "H2", "H3", "H4", "H5", "H6", "BLOCKQUOTE", "UL", "OL", "LI", "TABLE", "THEAD", "TBODY", "TFOOT", "TR",
  "TD", "TH", "FIGURE", "FIGCAPTION", "HEADER", "FOOTER", "ASIDE", "ARTICLE", "NAV", "MAIN", "PRE", "DIV", "HR", "CENTER",
]);
const SPACE = /[ \t\u00a0]/;
const INVISIBLE = /[\ufeff\u200b]/; // the editor's own marks of where it is
const MOVED = "这一处已经改动过，请重新检查";

const frame = () => one("iframe.paper-frame[src]");
const editor = () => window.Jodit?.instances?.html;
const root = () => (editor() ? editor().editor : frame()?.contentDocument?.querySelector(".paper"));

function* pieces(node) {
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      for (let at = 0; at < child.data.length; at += 1) yield { char: child.data[at], node: child, at };
    } else if (child.nodeName === "BR") {
      yield { char: "\n" };
    } else if (child.nodeType === Node.ELEMENT_NODE) {
      yield* pieces(child);
      if (BLOCKS.has(child.nodeName)) yield { char: "\n" };
    }
  }
}

function paragraphs(within) {
  const lines = [];
  let line = [];
  const end = () => {
    while (line.length && SPACE.test(line.at(-1).char)) line.pop();
    if (line.length) lines.push(line);
    line = [];
  };
  for (const piece of pieces(within)) {
    if (piece.char === "\n") end();
    else if (INVISIBLE.test(piece.char)) continue;
    else if (!SPACE.test(piece.char)) line.push(piece);
    else if (line.length && !SPACE.test(line.at(-1).char)) line.push({ ...piece, char: " " });
  }
  end();
  return lines;
}

const textOf = (line) => line.map((piece) => piece.char).join("");

// Where a finding stands now: at its place, or, if the text has moved, where the same words stand nearest.
function found(button) {
  const { paragraph, start, end, text } = button.dataset;
  const lines = paragraphs(root());
  const line = lines[Number(paragraph)];
  if (line && line.length >= Number(end) && (text === undefined || textOf(line).slice(Number(start), Number(end)) === text)) {
    return line.slice(Number(start), Number(end));
  }
  if (text === undefined) return null;
  const near = lines.map((_, index) => index).sort((a, b) => Math.abs(a - paragraph) - Math.abs(b - paragraph));
  for (const index of near) {
    const at = textOf(lines[index]).indexOf(text);
    if (at >= 0) return lines[index].slice(at, at + text.length);
  }
  return null;
}

function rangeOf(part) {
  const [first, last] = [part[0], part.at(-1)];
  const range = first.node.ownerDocument.createRange();
  range.setStart(first.node, first.at);
  range.setEnd(last.node, last.at + 1);
  return range;
}

function show(range) {
  const view = range.startContainer.ownerDocument.defaultView;
  const inside = range.startContainer.parentElement;
  if (editor()) {
    inside.scrollIntoView({ block: "center" });
    editor().s.focus();
  } else {
    const top = frame().getBoundingClientRect().top + range.getBoundingClientRect().top;
    window.scrollTo({ top: window.scrollY + top - window.innerHeight / 3, behavior: "instant" });
    frame().focus();
  }
  const selection = view.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

const inputOf = (name) => document.querySelector(`#article-form [name=${name}]`);

function jumpToField(button) {
  const { jump, start, end } = button.dataset;
  const input = inputOf(jump);
  if (input) {
    input.focus();
    input.setSelectionRange(Number(start), Number(end));
    input.scrollIntoView({ block: "center" });
    return;
  }
  const heading = jump === "title" ? one("h1") : one("dl.pairs");
  heading.scrollIntoView({ block: "center" });
}

function jump(button) {
  if (button.dataset.jump !== "body") {
    jumpToField(button);
    return;
  }
  const part = root() && found(button);
  if (part?.length) show(rangeOf(part));
  else notice(MOVED, "warning");
}

function takeInField(button) {
  const { jump: name, start, end, text, replacement } = button.dataset;
  const input = inputOf(name);
  if (!input) return false;
  let from = Number(start);
  if (text !== undefined && input.value.slice(from, Number(end)) !== text) from = input.value.indexOf(text);
  if (from < 0) return false;
  input.setRangeText(replacement, from, from + (Number(end) - Number(start)), "end");
  input.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

function write(part, words) {
  // The first character's place keeps its look; the rest goes.
  const range = rangeOf(part);
  const { node, at } = part[0];
  range.deleteContents();
  node.insertData(at, words);
}

function takeAt(button) {
  if (button.dataset.jump !== "body") return takeInField(button);
  const part = found(button);
  if (!part?.length) return false;
  write(part, button.dataset.replacement);
  return true;
}

// From the end to the beginning, so that no place moves before its turn.
function take(taking) {
  const places = all("[data-jump]", taking.closest(".finding-acts"));
  let done = 0;
  for (let at = places.length - 1; at >= 0; at -= 1) if (takeAt(places[at])) done += 1;
  if (editor()) {
    editor().synchronizeValues();
    editor().events.fire("change");
    // 撤销 by the keyboard is then that of the text; without a keyboard the focus would only call one up.
    if (window.matchMedia("(hover: hover)").matches) editor().editor.focus({ preventScroll: true });
  }
  taking.disabled = true;
  if (done) notice(`已改 ${done} 处`);
  else notice(MOVED, "warning");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-findings] [data-jump], [data-findings] [data-take]");
  if (!button) return;
  if (button.dataset.take === undefined) jump(button);
  else take(button);
});
