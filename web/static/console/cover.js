// The cover: chosen from the computer or out of the text, and cut by the person who sees it.

import { form, touched } from "./article_form.js";
import { editor, hand } from "./richtext.js";
import { uploaded } from "./pictures_in.js";
import { one } from "./dom.js";
import { notice } from "./notices.js";

const RATIO = 2.35;
const WIDTH = 1800;
const dialog = one("#cut");
const whole = one("[data-whole]", dialog);
const frame = one("[data-frame]", dialog);
const size = one("[data-size]", dialog);
const side = one("[data-side]", dialog);
const square = one("[data-box]", dialog);
const SLACK = 1 - 1 / RATIO; // how far the square can go inside the frame, as a share of its width
const cut = { x: 0.5, y: 0.4, share: 1, side: 0.5 }; // the frame's middle and width as shares of the picture; the square's place in it

function shown(sha256) {
  const picture = one("#cover-shown");
  picture.hidden = !sha256;
  one("#cover-none").hidden = Boolean(sha256);
  one("[data-cover-again]").hidden = !sha256;
  if (sha256) picture.src = `/m/asset/${sha256}`;
}
form.addEventListener("cover", (event) => shown(event.detail));

// --- the frame over the picture ---------------------------------------------------------------------------------

function box() {
  const { naturalWidth: width, naturalHeight: height } = whole;
  const most = Math.min(width, height * RATIO);
  const [w, h] = [most * cut.share, (most * cut.share) / RATIO];
  const x = Math.min(Math.max(cut.x * width, w / 2), width - w / 2);
  const y = Math.min(Math.max(cut.y * height, h / 2), height - h / 2);
  [cut.x, cut.y] = [x / width, y / height];
  return { left: x - w / 2, top: y - h / 2, w, h };
}

function draw() {
  if (!whole.naturalWidth) return;
  const { left, top, w, h } = box();
  const scale = whole.clientWidth / whole.naturalWidth;
  Object.assign(frame.style, { left: `${left * scale}px`, top: `${top * scale}px`, width: `${w * scale}px`, height: `${h * scale}px` });
  square.style.left = `${cut.side * (w - h) * scale}px`;
  const [wide, small] = [one("[data-wide]", dialog), one("[data-square]", dialog)];
  wide.getContext("2d").drawImage(whole, left, top, w, h, 0, 0, wide.width, wide.height);
  small.getContext("2d").drawImage(whole, left + cut.side * (w - h), top, h, h, 0, 0, small.width, small.height);
  frame.setAttribute("aria-valuenow", String(Math.round(cut.x * 100)));
}

const STEPS = { ArrowLeft: [-0.02, 0], ArrowRight: [0.02, 0], ArrowUp: [0, -0.02], ArrowDown: [0, 0.02] };
frame.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  cut.x += step[0];
  cut.y += step[1];
  draw();
});
one("[data-cut]", dialog).addEventListener("pointermove", (event) => {
  if (!event.buttons) return;
  cut.x += event.movementX / whole.clientWidth;
  cut.y += event.movementY / whole.clientHeight;
  draw();
});
size.addEventListener("input", () => { cut.share = Number(size.value) / 100; draw(); });
side.addEventListener("input", () => { cut.side = Number(side.value) / 100; draw(); });
whole.addEventListener("load", draw);
dialog.addEventListener("shown.bs.modal", draw);

function open(address, place = 0.5) {
  Object.assign(cut, { x: 0.5, y: 0.4, share: 1, side: place });
  size.value = 100;
  side.value = Math.round(place * 100);
  whole.src = address;
  window.bootstrap.Modal.getOrCreateInstance(dialog).show();
}

// --- where it comes from, and where it goes --------------------------------------------------------------------------

one("#cover-file").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  try {
    open(await uploaded(file)); // the server makes of any kind of picture one that browsers show
  } catch (error) {
    notice(error.message || "封面上传失败，请重试", "danger");
  }
});

one("[data-cover-from-body]").addEventListener("click", () => {
  const picture = editor.editor.querySelector('img[src*="/m/asset/"]');
  if (picture) open(picture.getAttribute("src"));
  else notice("正文里还没有图片，请先选择图片", "warning");
});

one("[data-cover-again]").addEventListener("click", () => {
  const left = form.elements.cover_square.value;
  open(`/m/asset/${form.elements.cover_sha256.value}`, left === "" ? 0.5 : Math.min(Number(left) / 1000 / SLACK, 1));
});

one("[data-take]", dialog).addEventListener("click", async () => {
  const { left, top, w, h } = box();
  const made = document.createElement("canvas");
  made.width = Math.min(WIDTH, Math.round(w));
  made.height = Math.round(made.width / RATIO);
  made.getContext("2d").drawImage(whole, left, top, w, h, 0, 0, made.width, made.height);
  const blob = await new Promise((done) => { made.toBlob(done, "image/jpeg", 0.94); });
  try {
    const url = await uploaded(blob, undefined, "?cover=1");
    const sha256 = url.split("/").pop();
    form.elements.cover_sha256.value = sha256;
    // The middle is WeChat's own choice and needs no word.
    form.elements.cover_square.value = side.value === "50" ? "" : String(Math.round(cut.side * SLACK * 1000));
    shown(sha256);
    hand();
    touched();
    window.bootstrap.Modal.getInstance(dialog).hide();
    notice("封面已更换");
  } catch (error) {
    notice(error.message || "封面上传失败，请重试", "danger");
  }
});
