/* The editor of a presentation context's transfer syntaxes: available -> selected, in order.

   The text area that the form posts stays the truth, one syntax a line; this script puts two
   lists of buttons in its place. Focus stays on the row that moved, so that the keyboard can move
   it on; a live region says what happened. */

function lines(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

class SyntaxEditor {
  constructor(root) {
    this.area = root.querySelector("textarea");
    this.panes = root.querySelector("[data-panes]");
    this.available = root.querySelector("[data-available]");
    this.selected = root.querySelector("[data-selected]");
    this.filter = root.querySelector("[data-filter]");
    this.status = root.querySelector("[role=status]");
    this.row = root.querySelector("template");
    this.known = new Map();
    for (const button of this.available.querySelectorAll("button")) {
      const syntax = { uid: button.dataset.uid, label: button.dataset.label };
      this.known.set(syntax.uid, syntax).set(syntax.label, syntax);
    }
    this.chosen = lines(this.area.value).map(
      (line) => this.known.get(line) ?? { uid: line, label: line },
    );
    root.querySelector("[data-plain]").hidden = true;
    this.panes.hidden = false;
    this.filter.addEventListener("input", () => this.narrow());
    this.available.addEventListener("click", (event) => this.add(event.target.closest("button")));
    this.selected.addEventListener("click", (event) => this.act(event.target.closest("button")));
    this.draw();
  }

  add(button) {
    if (!button) return;
    const syntax = this.known.get(button.dataset.uid);
    // The row leaves the list under the focus; the next one that can be added takes it.
    const rows = [...this.available.querySelectorAll("li:not([hidden])")];
    const at = rows.indexOf(button.closest("li"));
    this.chosen.push(syntax);
    this.draw(`${syntax.label} added, number ${this.chosen.length}.`);
    const next = (rows[at + 1] ?? rows[at - 1])?.querySelector("button");
    (next ?? this.filter).focus();
  }

  act(button) {
    if (!button) return;
    const from = Number(button.closest("li").dataset.index);
    const { action } = button.dataset;
    const [syntax] = this.chosen.splice(from, 1);
    const to = action === "up" ? from - 1 : from + 1;
    if (action !== "remove") this.chosen.splice(to, 0, syntax);
    this.draw(
      action === "remove" ? `${syntax.label} removed.` : `${syntax.label} is number ${to + 1} now.`,
    );
    if (action === "remove") this.focus(Math.min(from, this.chosen.length - 1), "remove");
    else this.focus(to, action);
  }

  focus(index, action) {
    const row = this.selected.children[index];
    const wanted = row?.querySelector(`[data-action=${action}]:not(:disabled)`);
    (wanted ?? row?.querySelector("button:not(:disabled)") ?? this.filter).focus();
  }

  narrow() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const taken = new Set(this.chosen.map((syntax) => syntax.uid));
    for (const item of this.available.children) {
      const { uid, label } = item.querySelector("button").dataset;
      const text = `${label} ${uid}`.toLowerCase();
      item.hidden = taken.has(uid) || !words.every((word) => text.includes(word));
    }
  }

  draw(message = "") {
    this.area.value = this.chosen.map((syntax) => syntax.label).join("\n");
    this.selected.replaceChildren(...this.chosen.map((syntax, index) => this.item(syntax, index)));
    this.narrow();
    this.status.textContent = message;
  }

  item(syntax, index) {
    const item = this.row.content.firstElementChild.cloneNode(true);
    item.dataset.index = index;
    item.querySelector("[data-name]").textContent = syntax.label;
    item.querySelector("[data-uid]").textContent = syntax.uid === syntax.label ? "" : syntax.uid;
    for (const button of item.querySelectorAll("button")) {
      button.setAttribute("aria-label", `${button.title}: ${syntax.label}`);
    }
    item.querySelector("[data-action=up]").disabled = index === 0;
    item.querySelector("[data-action=down]").disabled = index === this.chosen.length - 1;
    return item;
  }
}

for (const root of document.querySelectorAll("[data-syntax-editor]")) new SyntaxEditor(root);
