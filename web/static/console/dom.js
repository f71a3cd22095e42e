// Finding elements, and doing something with all that is shown, now and after every part that is swapped in.

export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const attached = [];

export function whenShown(attach) {
  attached.push(attach);
  attach(document);
}

export function swapped(root) {
  attached.forEach((attach) => attach(root));
}

// On what was swapped in: the target that htmx names is gone where it was replaced whole.
document.body.addEventListener("htmx:afterSwap", (event) => swapped(event.target));
