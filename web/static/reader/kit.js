// Copies the text of a kit by one tap. Without this script it can be marked and copied by hand.

function copiedByHand(field) {
  field.focus();
  field.select();
  field.setSelectionRange(0, field.value.length);
  return document.execCommand("copy");
}

async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return copiedByHand(field);
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    const done = await copied(field).catch(() => false);
    if (!done) copiedByHand(field);
    button.textContent = done ? button.dataset.done : "请长按上面的文字复制";
  });
}
