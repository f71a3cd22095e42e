// A few blocks in the house's look, as the compiler keeps them: inline styles, no pictures, words to be typed over.

const RED = "#c8102e";

export const BLOCKS = {
  heading: {
    name: "小标题（红条）",
    html: `<section style="margin:24px 0 14px;padding-left:10px;border-left:4px solid ${RED}"><p style="margin:0;text-indent:0;font-size:18px;font-weight:bold;color:${RED}">小标题</p></section><p><br></p>`,
  },
  numbered: {
    name: "小标题（序号）",
    html: `<section style="margin:24px 0 14px;text-align:center"><p style="margin:0;text-indent:0;font-size:22px;font-weight:bold;color:${RED}">01</p><p style="margin:4px 0 0;text-indent:0;font-size:17px;font-weight:bold">小标题</p></section><p><br></p>`,
  },
  tip: {
    name: "提示框",
    html: '<section style="margin:16px 0;padding:12px 14px;background-color:#fbf1f0;border-radius:6px"><p style="margin:0;text-indent:0">这里写需要留意的内容</p></section><p><br></p>',
  },
  quote: { name: "引用", html: "<blockquote><p>引用的话</p></blockquote><p><br></p>" },
  facts: {
    name: "活动信息",
    html: '<section style="margin:16px 0;padding:12px 14px;border:1px solid #e6e6e6;border-radius:6px"><p style="margin:0 0 6px;text-indent:0"><strong>时间：</strong>　</p><p style="margin:0 0 6px;text-indent:0"><strong>地点：</strong>　</p><p style="margin:0;text-indent:0"><strong>参加：</strong>　</p></section><p><br></p>',
  },
  caption: {
    name: "图片说明",
    html: '<p style="margin:6px 0 16px;text-indent:0;text-align:center;font-size:14px;color:#737373">图片说明</p>',
  },
  line: { name: "分隔线", html: "<hr><p><br></p>" },
  sign: { name: "落款", html: '<p style="text-align:right">单位名称</p><p style="text-align:right">2026年　月　日</p>' },
};
