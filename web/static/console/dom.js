// Finding elements, and doing something with all that is shown, now and after every part that htmx swaps in.

export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

export function whenShown(attach) {
  attach(document);
  // On what was swapped in: the target that htmx names is gone where it was replaced whole.
  document.body.addEventListener("htmx:afterSwap", (event) => attach(event.target));
}
