// The rich-text editor: Jodit with what an article may hold, in Chinese.

import { csrf, data, area, touched } from "./article_form.js";
import { notice } from "./notices.js";
import { BLOCKS } from "./blocks.js";

const CHINESE = {
  Src: "图片地址", Title: "提示文字", Alternative: "替代文字（给视障读者）", Link: "点击后打开", "Open link in new tab": "在新窗口打开",
  Image: "图片", "Image properties": "图片属性", "Edit image": "编辑图片", Advanced: "更多", Margins: "外边距", Align: "对齐", Styles: "样式",
  Classes: "类名", "Border radius": "圆角", Size: "大小", "Insert image": "插入图片", Upload: "上传", URL: "网址", Text: "文字",
  "Drop image": "把图片拖到这里", "or click": "或点击选择", "Alternative text": "替代文字", Browse: "浏览", Apply: "应用", Ok: "确定",
  Insert: "插入", Update: "更新", Unlink: "去掉链接", "No follow": "不追踪", Chapter: "章节", Block: "块", Delete: "删除", Cancel: "取消",
  "Line height": "行距", "Fullsize": "全屏", "Heading 1": "标题一", "Heading 2": "标题二", "Heading 3": "标题三", "Heading 4": "标题四",
  Quote: "引用", Code: "代码", Paragraph: "正文", Normal: "正文", Restore: "还原", "Rename": "改名", "Preview": "预览",
};

const ALL = [
  "undo", "redo", "|", "paragraph", "fontsize", "brush", "bold", "italic", "underline", "eraser", "|", "align", "ul", "ol", "|",
  "image", "table", "link", "|", "blocks", "typeset", "|", "source", "fullsize",
];
const SMALL = ["undo", "redo", "paragraph", "bold", "brush", "align", "ul", "image", "link", "blocks", "typeset"];

// A block stands on its own: behind the one in which the caret is, never inside of somebody's layout.
function insertBehind(view, html) {
  let place = view.s.current();
  while (place && place.parentNode !== view.editor) place = place.parentNode;
  if (place?.insertAdjacentHTML) place.insertAdjacentHTML("afterend", html);
  else view.editor.insertAdjacentHTML("beforeend", html);
  view.synchronizeValues();
}

export const editor = window.Jodit.make(area, {
  language: "zh_cn",
  i18n: { zh_cn: CHINESE },
  height: "100%",
  minHeight: 240,
  toolbarAdaptive: false,
  toolbarSticky: false,
  sourceEditor: "area",
  beautifyHTML: false,
  beautifyHTMLCDNUrlsJS: [],
  sourceEditorCDNUrlsJS: [],
  disablePlugins: ["speech-recognize", "ai-assistant", "about", "powered-by-jodit", "file", "video", "print", "class-span", "iframe", "resize-handler", "image-processor"],
  askBeforePasteHTML: false,
  askBeforePasteFromWord: false,
  defaultActionOnPaste: "insert_as_html",
  defaultActionOnPasteFromWord: "insert_as_html",
  showCharsCounter: false,
  showWordsCounter: false,
  showXPathInStatusbar: false,
  statusbar: false,
  spellcheck: false,
  controls: {
    paragraph: { list: { p: "正文", h2: "小标题", h3: "次级标题", blockquote: "引用" } },
    typeset: {
      text: "排版",
      tooltip: "一键排版：标点、空格、编号和层级",
      exec: () => { document.dispatchEvent(new Event("typeset")); },
    },
    blocks: {
      text: "样式",
      tooltip: "插入样式块",
      list: Object.fromEntries(Object.entries(BLOCKS).map(([key, block]) => [key, block.name])),
      exec: (view, _current, { control }) => {
        const block = BLOCKS[control.args?.[0] ?? control.name];
        if (block) insertBehind(view, block.html);
      },
    },
  },
  buttons: window.matchMedia("(max-width: 767px)").matches ? SMALL : ALL,
  imageDefaultWidth: 0,
  link: { noFollowCheckbox: false, openInNewTabCheckbox: false, modeClassName: "" },
  uploader: {
    url: data.pictures,
    prepareData(given) { given.set("csrf_token", csrf()); return given; },
    insertImageAsBase64URI: false,
    imagesExtensions: ["jpg", "png", "jpeg", "gif", "webp", "bmp"],
    filesVariableName: (index) => `file${index}`,
    isSuccess: (answer) => answer.success,
    getMessage: (answer) => answer.message || "图片上传失败，请重试",
    process: (answer) => answer,
    defaultHandlerSuccess(answer) {
      // "this" is the uploader for what is dropped, the editor for the window of the toolbar: neither is relied on.
      answer.pictures.forEach((picture) => {
        editor.s.insertImage(picture.url, null, null);
        if (picture.scaled) notice("图片较大，已自动压缩", "info");
      });
    },
    defaultHandlerError: (error) => notice(error.message || "图片上传失败，请重试", "danger"),
    error: () => notice("图片上传失败，请检查网络或图片大小后重试", "danger"),
  },
});

// The editor hands its text to the form with a little delay; what was typed last must go along.
export const hand = () => { area.value = editor.value; };
editor.events.on("change", () => { hand(); touched(); });
