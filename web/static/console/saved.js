// After a save that the server took, what the browser kept of the article in case of need is no longer needed.

const saved = document.querySelector("[data-saved]")?.dataset.saved;
if (saved) {
  localStorage.removeItem(`draft-${saved}`);
  const clean = new URL(location.href);
  clean.searchParams.delete("saved");
  history.replaceState(null, "", clean);
}
