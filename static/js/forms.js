// Forms: names suggested while typing, connections added, moved and removed, files dropped,
// dialogs, tables narrowed. Without this module the forms still post.

let pending = null;

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-suggest]") || !field.list?.dataset.url) return;
  clearTimeout(pending);
  pending = setTimeout(async () => {
    const list = field.list;
    const url = new URL(list.dataset.url, location.href);
    url.searchParams.set("q", field.value);
    const answer = await fetch(url);
    if (answer.ok && !answer.redirected) list.innerHTML = await answer.text();
  }, 150);
});

function renumber(rows) {
  rows.forEach((row, index) => {
    row.querySelector('input[name$="-ORDER"]').value = index + 1;
  });
}

function addRow(button) {
  const section = button.closest("section");
  const place = section.querySelector("[data-rows]");
  const total = document.getElementById(`id_${place.dataset.rows}-TOTAL_FORMS`);
  const copy = section.querySelector("[data-row-template]").content.cloneNode(true);
  for (const element of copy.querySelectorAll("*")) {
    for (const name of ["id", "name", "for", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value) element.setAttribute(name, value.replace("__prefix__", total.value));
    }
  }
  place.append(copy);
  total.value = Number(total.value) + 1;
  arrange(place);
  place.lastElementChild.querySelector("input:not([type=hidden])").focus();
}

function arrange(place) {
  renumber([...place.querySelectorAll("[data-row]:not([hidden])")]);
  place.dispatchEvent(new Event("change", { bubbles: true }));
}

function removeRow(row) {
  const place = row.parentElement;
  row.querySelector('input[name$="-DELETE"]').value = "on";
  row.hidden = true;
  arrange(place);
}

function moveRow(row, step) {
  const shown = [...row.parentElement.querySelectorAll("[data-row]:not([hidden])")];
  const other = shown[shown.indexOf(row) + step];
  if (!other) return;
  if (step < 0) other.before(row);
  else other.after(row);
  arrange(row.parentElement);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const row = button.closest("[data-row]");
  if ("addRow" in button.dataset) addRow(button);
  else if (row && "removeRow" in button.dataset) removeRow(row);
  else if (row && "move" in button.dataset) {
    moveRow(row, Number(button.dataset.move));
    button.focus();
  } else if (button.dataset.dialog) document.getElementById(button.dataset.dialog).showModal();
  else if ("close" in button.dataset) button.closest("dialog").close();
});

document.addEventListener("dragover", (event) => {
  const form = event.target.closest?.("[data-drop]");
  if (!form || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  form.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  const form = event.target.closest?.("[data-drop]");
  if (form && !form.contains(event.relatedTarget)) form.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  const form = event.target.closest?.("[data-drop]");
  if (!form || event.dataTransfer.files.length === 0) return;
  event.preventDefault();
  form.classList.remove("dropping");
  form.elements[form.dataset.drop].files = event.dataTransfer.files;
  form.requestSubmit();
});

// A field that narrows the tables beside it to the rows that hold every word; what is said of a
// whole table counts for each of its rows.
document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-narrow]")) return;
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of event.target.closest("[data-narrowed]").querySelectorAll("tbody tr")) {
    const said = row.closest("[data-words]")?.dataset.words ?? "";
    const text = `${said} ${row.textContent}`.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
});
for (const field of document.querySelectorAll("[data-narrow]")) field.hidden = false;

for (const place of document.querySelectorAll("[data-rows]")) arrange(place);

document.addEventListener("click", (event) => {
  const form = event.target.closest?.("[data-tick-all]")?.form;
  if (!form) return;
  const boxes = [...form.querySelectorAll('tbody input[type="checkbox"]')];
  const all = boxes.some((box) => !box.checked);
  for (const box of boxes) box.checked = all;
});
