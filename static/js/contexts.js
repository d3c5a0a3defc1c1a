/* An ordered list of transfer syntaxes: available on the left, selected on the right.

   The text area that the form posts stays the truth, one UID a line; this script puts two list
   boxes in its place. What is marked moves by the arrows between them, by a double click, by Enter
   and by dragging; the order changes by button, by dragging and by Alt with an arrow key. Focus
   stays in the list, so that the keyboard goes on from there; a live region says what happened.
   Without the script the text area works. */

let editors = 0;

function lines(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

/* One of the two list boxes: which of its options are marked, and which is the active one. */
class ListBox {
  constructor(list, id) {
    this.list = list;
    this.id = id;
    this.active = null;
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.point(option, event.shiftKey, event.ctrlKey || event.metaKey);
    });
    list.addEventListener("focus", () => {
      // By keyboard alone: scrolling under a mouse button would mark another option than the pressed.
      if (!list.matches(":focus-visible")) return;
      const first = this.options.find((option) => option.dataset.uid === this.active) ?? this.options[0];
      if (first && !this.marked.length) this.point(first);
    });
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]:not([hidden])")];
  }

  get marked() {
    return this.options.filter((option) => option.getAttribute("aria-selected") === "true")
      .map((option) => option.dataset.uid);
  }

  mark(uids) {
    for (const option of this.list.querySelectorAll("[role=option]")) {
      option.setAttribute("aria-selected", String(uids.includes(option.dataset.uid)));
    }
  }

  point(option, extend = false, toggle = false) {
    const { options } = this;
    const { uid } = option.dataset;
    const from = options.findIndex((each) => each.dataset.uid === this.active);
    const to = options.indexOf(option);
    if (toggle) {
      const { marked } = this;
      this.mark(marked.includes(uid) ? marked.filter((each) => each !== uid) : [...marked, uid]);
    } else if (extend && from >= 0) {
      const range = options.slice(Math.min(from, to), Math.max(from, to) + 1);
      this.mark([...this.marked, ...range.map((each) => each.dataset.uid)]);
    } else this.mark([uid]);
    this.activate(option);
  }

  activate(option) {
    this.active = option?.dataset.uid ?? null;
    for (const each of this.options) each.classList.toggle("active", each === option);
    if (!option) this.list.removeAttribute("aria-activedescendant");
    else {
      option.id = `${this.id}-${option.dataset.uid.replaceAll(".", "-")}`;
      this.list.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
  }

  walk(event) {
    const { options } = this;
    const at = options.findIndex((option) => option.dataset.uid === this.active);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 }[event.key];
    if (next === undefined) return false;
    const option = options[Math.max(0, Math.min(next, options.length - 1))];
    if (option) this.point(option, event.shiftKey);
    return true;
  }
}

class SyntaxEditor {
  constructor(root) {
    const id = `syntaxes-${++editors}`;
    this.area = root.querySelector("textarea");
    this.filter = root.querySelector("[data-filter]");
    this.typed = root.querySelector("[data-typed]");
    this.said = root.querySelector("[data-said]");
    this.available = new ListBox(root.querySelector("[data-available]"), `${id}-a`);
    this.selected = new ListBox(root.querySelector("[data-selected]"), `${id}-s`);
    this.known = new Map();
    for (const option of this.available.list.children) {
      const syntax = { uid: option.dataset.uid, label: option.dataset.label };
      this.known.set(syntax.uid, syntax);
      if (!this.known.has(syntax.label)) this.known.set(syntax.label, syntax);
    }
    const chosen = lines(this.area.value).map((line) => this.syntax(line));
    this.chosen = chosen.filter((each, at) => chosen.findIndex((one) => one.uid === each.uid) === at);
    root.querySelector("[data-plain]").hidden = true;
    root.querySelector("[data-panes]").hidden = false;
    this.filter.addEventListener("input", () => this.narrow());
    for (const field of [this.filter, this.typed]) {
      field.addEventListener("keydown", (event) => this.entered(event));
    }
    root.addEventListener("click", (event) => this.act(event.target.closest("[data-move]")?.dataset.move));
    for (const box of [this.available, this.selected]) {
      box.list.addEventListener("keydown", (event) => this.key(event, box));
      box.list.addEventListener("dblclick", () => this.across(box));
      box.list.addEventListener("dragstart", (event) => this.dragged(event, box));
      box.list.addEventListener("dragover", (event) => this.over(event, box));
      box.list.addEventListener("dragleave", () => this.unmarkPlace());
      box.list.addEventListener("drop", (event) => this.dropped(event, box));
      box.list.addEventListener("dragend", () => { this.drag = null; this.unmarkPlace(); });
    }
    this.draw();
    this.ready = true;
  }

  syntax(text) {
    return this.known.get(text) ?? { uid: text, label: text };
  }

  get uids() {
    return this.chosen.map((syntax) => syntax.uid);
  }

  names(uids) {
    return uids.length === 1 ? this.syntax(uids[0]).label : `${uids.length} transfer syntaxes`;
  }

  /* Puts syntaxes, from whichever list, at a place among the selected ones, or among `others`. */
  place(uids, at, others = this.chosen) {
    const before = others.slice(0, at).filter((each) => !uids.includes(each.uid));
    const after = others.slice(at).filter((each) => !uids.includes(each.uid));
    const isNew = uids.some((uid) => !this.uids.includes(uid));
    this.chosen = [...before, ...uids.map((uid) => this.syntax(uid)), ...after];
    this.draw(uids);
    const number = before.length + 1;
    this.say(`${this.names(uids)} ${isNew ? "selected, number" : "is number"} ${number} of ${this.chosen.length}.`);
  }

  remove(uids) {
    this.chosen = this.chosen.filter((syntax) => !uids.includes(syntax.uid));
    this.draw();
    this.available.mark(uids);
    this.say(`${this.names(uids)} taken back.`);
  }

  across(box) {
    const { options } = box;
    // Where nothing is marked, the option that the keyboard stands on is meant.
    const marked = box.marked.length || !box.active ? box.marked : [box.active];
    if (!marked.length) {
      this.say("Mark a transfer syntax first.");
      return;
    }
    const last = options.findLastIndex((option) => marked.includes(option.dataset.uid));
    const next = (options[last + 1] ?? options[options.findIndex((o) => marked.includes(o.dataset.uid)) - 1])?.dataset.uid;
    if (box === this.available) this.place(marked, this.chosen.length);
    else this.remove(marked);
    // The keyboard goes on with the neighbour of what left the list.
    const neighbour = box.options.find((option) => option.dataset.uid === next);
    if (neighbour) box.point(neighbour);
    else box.activate(null);
  }

  shift(step) {
    const { marked } = this.selected;
    if (!marked.length) {
      this.say("Mark a selected transfer syntax first.");
      return;
    }
    const first = this.uids.indexOf(marked[0]);
    const inOrder = this.uids.filter((uid) => marked.includes(uid));
    const rest = this.chosen.filter((syntax) => !marked.includes(syntax.uid));
    const at = Math.max(0, Math.min(rest.length, first + step));
    this.place(inOrder, at, rest);
  }

  act(move) {
    if (move === "right") this.across(this.available);
    else if (move === "left") this.across(this.selected);
    else if (move === "up" || move === "down") this.shift(move === "up" ? -1 : 1);
    else if (move === "typed") this.addTyped();
  }

  addTyped() {
    const uid = this.typed.value.trim();
    if (!/^[0-9]+(\.[0-9]+)+$/.test(uid)) {
      this.typed.setAttribute("aria-invalid", "true");
      this.say("A UID is numbers with dots between them.");
      return;
    }
    this.typed.removeAttribute("aria-invalid");
    this.typed.value = "";
    this.place([uid], this.chosen.length);
  }

  entered(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.target === this.typed) this.addTyped();
    else this.available.list.focus();
  }

  key(event, box) {
    const arrows = { ArrowUp: -1, ArrowDown: 1 };
    if (event.altKey && event.key in arrows && box === this.selected) this.shift(arrows[event.key]);
    else if (event.altKey) return;
    else if (event.key === "Enter") this.across(box);
    else if (event.key === "Delete" && box === this.selected) this.across(box);
    else if (event.key === " ") {
      const active = box.options.find((option) => option.dataset.uid === box.active);
      if (active) box.point(active, false, true);
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      box.mark(box.options.map((option) => option.dataset.uid));
    } else if (!box.walk(event)) return;
    event.preventDefault();
  }

  dragged(event, box) {
    const option = event.target.closest("[role=option]");
    if (option.getAttribute("aria-selected") !== "true") box.point(option);
    this.drag = box.marked;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.drag.join("\n"));
  }

  over(event, box) {
    if (!this.drag) return;
    event.preventDefault();
    this.unmarkPlace();
    if (box === this.available) return;
    const option = this.optionAt(event.clientY);
    if (option) option.classList.add("drop-before");
    else box.list.classList.add("drop-end");
  }

  /* The selected option before which something dropped at this height belongs; none at the end. */
  optionAt(y) {
    return this.selected.options.find((option) => {
      const { top, height } = option.getBoundingClientRect();
      return y < top + height / 2;
    });
  }

  unmarkPlace() {
    this.selected.list.classList.remove("drop-end");
    for (const option of this.selected.options) option.classList.remove("drop-before");
  }

  dropped(event, box) {
    if (!this.drag) return;
    event.preventDefault();
    const uids = this.drag;
    this.drag = null;
    this.unmarkPlace();
    if (box === this.available) this.remove(uids.filter((uid) => this.uids.includes(uid)));
    else {
      const option = this.optionAt(event.clientY);
      this.place(uids, option ? this.uids.indexOf(option.dataset.uid) : this.chosen.length);
    }
  }

  narrow() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const taken = new Set(this.uids);
    for (const option of this.available.list.children) {
      const { uid, label } = option.dataset;
      const text = `${label} ${uid}`.toLowerCase();
      option.hidden = taken.has(uid) || !words.every((word) => text.includes(word));
    }
  }

  draw(marked = []) {
    const before = this.area.value;
    this.area.value = this.uids.join("\n");
    this.selected.list.replaceChildren(...this.chosen.map((syntax) => this.option(syntax)));
    this.selected.mark(marked);
    const active = this.selected.options.find((option) => option.dataset.uid === marked[0]);
    this.selected.activate(active ?? null);
    this.available.mark([]);
    this.narrow();
    if (this.ready && this.area.value !== before) this.area.dispatchEvent(new Event("change", { bubbles: true }));
  }

  option(syntax) {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.draggable = true;
    Object.assign(option.dataset, syntax);
    const name = document.createElement("span");
    name.dataset.name = "";
    name.textContent = syntax.label;
    const uid = document.createElement("small");
    uid.textContent = syntax.uid === syntax.label ? "" : syntax.uid;
    option.append(name, uid);
    return option;
  }

  say(words) {
    this.said.textContent = words;
  }
}

for (const root of document.querySelectorAll("[data-syntax-editor]")) new SyntaxEditor(root);
