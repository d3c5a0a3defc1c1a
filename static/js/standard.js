// The standard's pages: the dialog of codes, which htmx fills, and copying a UID or a tag.
// Without this module a press of Codes opens the page that has the same table.

document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target;
  if (dialog.id !== "codes" || dialog.open) return;
  dialog.showModal();
  dialog.querySelector("[data-narrow]").focus();
});

function written(text) {
  const place = document.createElement("textarea");
  place.value = text;
  document.body.append(place);
  place.select();
  const done = document.execCommand("copy");
  place.remove();
  return done;
}

// Browsers keep the clipboard from pages that came over plain HTTP; the old way still works there.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return written(text);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const done = await copy(button.dataset.copy);
  button.focus();
  button.textContent = done ? "Copied" : "Not copied";
  document.getElementById("live").textContent = done ? `Copied ${button.dataset.copy}` : "";
});

for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
