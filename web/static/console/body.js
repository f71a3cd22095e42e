// The frame that shows an article's body is as high as what stands in it, so that nobody scrolls inside a scroll.

import { all, whenShown } from "./dom.js";

const MOST_PX = 60000;
const MOST_FITS = 40; // a body that is as high as its window would grow for ever
const watched = new WeakMap();

function fit(frame, seen) {
  const page = frame.contentDocument?.body;
  if (!page || seen.fits > MOST_FITS) return;
  const height = Math.min(Math.ceil(page.getBoundingClientRect().height), MOST_PX);
  if (!height || height === seen.height) return;
  seen.fits += 1;
  seen.height = height;
  frame.style.height = `${height}px`;
}

function watch(frame) {
  watched.get(frame)?.disconnect();
  const page = frame.contentDocument?.body;
  if (!page) return;
  const seen = { fits: 0, height: 0 };
  const observer = new ResizeObserver(() => fit(frame, seen));
  observer.observe(page);
  watched.set(frame, observer);
  fit(frame, seen);
}

whenShown((root) => all("iframe.paper-frame", root).forEach((frame) => {
  frame.addEventListener("load", () => watch(frame));
  if (frame.contentDocument?.readyState === "complete") watch(frame);
}));
