// After a save that the server took, what the browser kept of the article in case of need is no longer needed.

const { saved, person } = document.querySelector("[data-saved]")?.dataset ?? {};
if (saved) {
  localStorage.removeItem(`draft-${person}-${saved}`);
  const clean = new URL(location.href);
  clean.searchParams.delete("saved");
  history.replaceState(null, "", clean);
}
