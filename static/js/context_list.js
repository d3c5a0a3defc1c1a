/* The list of presentation contexts: rows are dragged by their handle, or moved by Alt with an
   arrow key on it. Every move is the same post as that of the buttons, sent by htmx, after which the
   focus returns to the row that moved. Without the script the buttons post and the page comes anew.

   A form [data-context-list] holds [data-rows-list], whose children have a data-number from 1. */

let drag = null;
let back = null;

function listOf(element) {
  return element.closest?.("[data-context-list]");
}

function rowOf(element) {
  return element.closest("[data-number]");
}

function rowsOf(form) {
  return [...form.querySelectorAll("[data-number]")];
}

/* A page or a search may show a part of the list: numbers are those of the whole. */
function rowAt(form, number) {
  return rowsOf(form).find((row) => Number(row.dataset.number) === number);
}

function hidden(form, name, value) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  form.append(field);
}

/* Posts the move of a row; one at a time, since each is made at the revision that the last left. */
function move(form, from, to) {
  const count = Number(form.dataset.count);
  if (form.dataset.sent || to < 1 || to > count || from === to) return;
  form.dataset.sent = "yes";
  back = { number: to, selector: "[data-handle]", words: `${form.dataset.thing} is number ${to} of ${count} now.` };
  hidden(form, "move", from);
  hidden(form, "to", to);
  htmx.trigger(form, "submit");
}

/* Before which row something dropped at this height belongs; the number past the last at the end. */
function placeAt(form, y) {
  const row = rowsOf(form).find((each) => {
    const { top, height } = each.getBoundingClientRect();
    return y < top + height / 2;
  });
  return row ? Number(row.dataset.number) : Number(rowsOf(form).at(-1).dataset.number) + 1;
}

function unmark(form) {
  for (const row of rowsOf(form)) row.classList.remove("drop-before", "drop-after");
}

document.addEventListener("dragstart", (event) => {
  const handle = event.target.closest?.("[data-handle]");
  if (!handle) return;
  const row = rowOf(handle);
  drag = { form: listOf(handle), from: Number(row.dataset.number) };
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", row.dataset.number);
  event.dataTransfer.setDragImage(row, 0, 0);
});

document.addEventListener("dragover", (event) => {
  if (!drag || listOf(event.target) !== drag.form) return;
  event.preventDefault();
  unmark(drag.form);
  const place = placeAt(drag.form, event.clientY);
  const row = rowAt(drag.form, place);
  if (row) row.classList.add("drop-before");
  else rowsOf(drag.form).at(-1).classList.add("drop-after");
});

document.addEventListener("drop", (event) => {
  if (!drag || listOf(event.target) !== drag.form) return;
  event.preventDefault();
  const { form, from } = drag;
  const place = placeAt(form, event.clientY);
  move(form, from, place > from ? place - 1 : place);
});

document.addEventListener("dragend", () => {
  if (drag) unmark(drag.form);
  drag = null;
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!event.altKey || !step || !event.target.closest?.("[data-handle]")) return;
  event.preventDefault();
  const from = Number(rowOf(event.target).dataset.number);
  move(listOf(event.target), from, from + step);
});

/* A button pressed in the list: where the focus goes once the new list stands there. */
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-context-list] button[name]");
  if (!button) return;
  const number = Number(rowOf(button)?.dataset.number ?? 1);
  const { count, thing } = listOf(button).dataset;
  if (button.name === "up" || button.name === "down") {
    const to = number + (button.name === "up" ? -1 : 1);
    back = { number: to, selector: `[name=${button.name}]`, words: `${thing} is number ${to} of ${count} now.` };
  } else back = { number, selector: `[name=${button.name}]`, words: "Deleted." };
});

function prepare() {
  for (const each of document.querySelectorAll("[data-handle], [data-hint]")) each.hidden = false;
}

document.addEventListener("htmx:afterSettle", () => {
  prepare();
  if (!back) return;
  const form = document.querySelector("[data-context-list]");
  // Instead of the list stands the question whether all who follow shall change too, or nothing.
  if (!form) {
    document.querySelector("#contexts :is(.primary, a.button)")?.focus();
    back = null;
    return;
  }
  const row = rowAt(form, back.number) ?? rowsOf(form).at(-1);
  row?.querySelector("details")?.setAttribute("open", "");
  const wanted = row?.querySelector(`${back.selector}:not(:disabled)`);
  (wanted ?? row?.querySelector("[data-handle]"))?.focus();
  form.querySelector("[data-said]").textContent = back.words;
  back = null;
});

/* A request that failed leaves the list as it is, ready for another try. */
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (event.detail.successful || !form.matches?.("[data-context-list]")) return;
  delete form.dataset.sent;
  for (const field of form.querySelectorAll("input[name=move], input[name=to]")) field.remove();
});

prepare();
