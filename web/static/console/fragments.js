// Parts of a page that htmx asks for: what is said when the answer is an error, or does not come.
// No token is added to what htmx asks: it comes with the form that is meant, or not at all.

import { notice } from "./notices.js";

document.body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status !== 401) notice(event.detail.xhr.responseText.slice(0, 120) || "系统暂时无法处理，请稍后再试", "danger");
});
let offline = false;
document.body.addEventListener("htmx:sendError", () => {
  if (!offline) notice("网络不通，数据暂停刷新，恢复后会自动继续", "warning");
  offline = true;
});
document.body.addEventListener("htmx:afterOnLoad", () => { offline = false; });
