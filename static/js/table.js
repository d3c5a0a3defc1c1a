// Tables of AEs and of associations: selecting rows over pages' swaps; for AEs also editing in the
// row by mouse and keyboard. A box belongs to the selection when its form is the bulk bar.
// The set of selected ids lives here, because htmx replaces rows while they are selected.

const selected = new Set();
let everything = false;

const BOX = 'tbody input[type="checkbox"][form="bulk"]';
const boxes = () => [...document.querySelectorAll(BOX)];

function show() {
  const bar = document.getElementById("bulk");
  if (!bar) return;
  const shown = boxes();
  for (const box of shown) {
    box.checked = everything || selected.has(box.value);
    box.closest("tr").classList.toggle("selected", box.checked);
  }
  const all = bar.querySelector("[data-select-all]");
  const total = Number(all?.dataset.total ?? shown.length);
  const count = everything ? total : selected.size;
  bar.hidden = count === 0;
  document.body.classList.toggle("selecting", count > 0);
  bar.elements.scope.value = everything ? "all" : "";
  if (all) all.hidden = everything || count === total;
  for (const place of document.querySelectorAll("[data-selected-count]")) {
    place.textContent = count.toLocaleString("en");
  }
  const head = document.querySelector("[data-select-page]");
  if (head) {
    const ticked = shown.filter((box) => box.checked).length;
    head.checked = ticked > 0 && ticked === shown.length;
    head.indeterminate = ticked > 0 && ticked < shown.length;
  }
}

function choose(box, on) {
  if (everything) {
    everything = false;
    for (const each of boxes()) selected.add(each.value);
  }
  if (on) selected.add(box.value);
  else selected.delete(box.value);
}

function clear() {
  everything = false;
  selected.clear();
  show();
}

let last = null;

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.matches(BOX)) {
    const shown = boxes();
    const [from, to] = [shown.indexOf(last), shown.indexOf(target)];
    const span = event.shiftKey && from >= 0 ? shown.slice(Math.min(from, to), Math.max(from, to) + 1) : [target];
    for (const box of span) choose(box, target.checked);
    last = target;
    show();
  } else if (target.matches("[data-select-page]")) {
    for (const box of boxes()) choose(box, target.checked);
    show();
  } else if (target.closest("[data-select-all]")) {
    everything = true;
    show();
  } else if (target.closest("[data-select-none]")) {
    clear();
  }
});

// Another search or filter is another table: what was selected there is not seen here.
function forget(event) {
  if (event.detail.target?.id === "results") {
    selected.clear();
    everything = false;
  }
}

document.addEventListener("htmx:beforeSwap", forget);
document.addEventListener("htmx:afterSwap", show);
document.addEventListener("htmx:oobAfterSwap", show);

// Where the focus goes when the row's form arrives: the class of the cell that was pressed.
let wanted = null;
const FIELDS = { host: "hostname", port: "port", device: "device" };

function openRow(row, column) {
  const button = row.querySelector("[hx-get]");
  if (!button) return;
  wanted = column;
  button.click();
}

document.addEventListener("dblclick", (event) => {
  const cell = event.target.closest("table.aes tbody td");
  if (!cell || event.target.closest("a, button, input, select")) return;
  window.getSelection()?.removeAllRanges();
  openRow(cell.parentElement, cell.classList[0]);
});

document.addEventListener("htmx:afterSettle", () => {
  const row = document.querySelector("[data-edit-row]:not([data-opened])");
  if (!row) return;
  row.dataset.opened = "";
  const invalid = row.querySelector("[aria-invalid=true]");
  const field = invalid ?? row.querySelector(`[name=${FIELDS[wanted] ?? "ae_title"}]`);
  field.focus();
  field.select?.();
  wanted = null;
});

function after(row, action) {
  const id = row.id.replace("ae-edit-", "ae-");
  const focus = () => {
    const back = document.getElementById(id);
    if (!back) return;
    document.removeEventListener("htmx:afterSettle", focus);
    back.querySelector("[hx-get]")?.focus();
  };
  document.addEventListener("htmx:afterSettle", focus);
  action.click();
}

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("[data-edit-row]");
  if (!row) return;
  if (event.key === "Escape") {
    event.preventDefault();
    after(row, row.querySelector("[data-cancel-row]"));
  } else if (event.key === "Enter" && event.target.matches("input, select")) {
    event.preventDefault();
    after(row, row.querySelector("[data-save]"));
  }
});

show();
