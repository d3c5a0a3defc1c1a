// The matrix of a discovery: narrowing, folding, walking by keyboard, filling in while it runs.
// The marks are named by the legend alone; cells hold one character and rows their place.

const PAGE_ROWS = 10;
const CELL_PX = 15;
const NAME_PX = 320;
const MOST_FOR_NAMES_PX = 200;

function shown(element) {
  return !element.hidden && !element.closest("tbody").hidden;
}

class MatrixTable {
  constructor(card) {
    this.card = card;
    this.table = card.querySelector("table.matrix");
    this.said = card.querySelector("[data-said]");
    this.columns = [...this.table.querySelectorAll("[data-j]")];
    this.rows = [...this.table.querySelectorAll("tr[data-i]")];
    this.items = [...card.querySelectorAll(".matrix-list li")];
    this.marks = new Map();
    this.words = new Map();
    for (const item of card.querySelectorAll("[data-cell]")) {
      const sign = item.querySelector(".sign").textContent;
      this.marks.set(item.dataset.cell, { sign, style: item.dataset.style });
      this.words.set(sign, item.lastElementChild.textContent);
    }
    this.fullWidth = this.table.width;
    this.columnStyle = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.columnStyle];
    this.show = "";
    this.texts = new Map([...this.rows, ...this.items].map((each) => [each, this.textOf(each)]));
    this.listen();
    this.current = null;
    this.places = this.columns.map((_, index) => index + 1);
    this.column = 1;
    this.keepCurrent();
  }

  textOf(element) {
    const text = element.cells?.[0].title ?? `${element.textContent} ${element.dataset.uid}`;
    return text.toLowerCase();
  }

  listen() {
    this.card.querySelector("[data-tools]").hidden = false;
    this.find = this.card.querySelector("[data-find]");
    this.service = this.card.querySelector("[data-service]");
    this.find.addEventListener("input", () => this.narrow());
    this.service.addEventListener("change", () => this.narrow());
    for (const chip of this.card.querySelectorAll("[data-show]")) {
      chip.addEventListener("click", () => this.choose(chip));
    }
    this.table.addEventListener("click", (event) => this.clicked(event));
    this.table.addEventListener("focusin", (event) => this.say(event.target));
    this.table.addEventListener("keydown", (event) => this.key(event));
    this.table.addEventListener("pointerover", (event) => {
      if (event.pointerType === "mouse" && event.target.closest("td")) this.say(event.target.closest("td"));
    });
  }

  clicked(event) {
    const button = event.target.closest("[data-fold]");
    const cell = event.target.closest("tr[data-i] td");
    if (button) {
      const body = document.getElementById(button.getAttribute("aria-controls"));
      body.hidden = !body.hidden;
      button.setAttribute("aria-expanded", String(!body.hidden));
    } else if (cell) this.focus(cell);
  }

  choose(chip) {
    this.show = chip.dataset.show;
    for (const other of this.card.querySelectorAll("[data-show]")) {
      other.classList.toggle("on", other === chip);
      other.setAttribute("aria-pressed", String(other === chip));
    }
    this.narrow();
  }

  fits(element, group) {
    const words = this.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { k } = element.dataset;
    return (!this.show || k.includes(this.show))
      && (!this.service.value || this.service.value === group)
      && words.every((word) => this.texts.get(element).includes(word));
  }

  // While something is narrowed, folded classes stand open: they were asked for.
  narrow() {
    const narrowed = this.show || this.service.value || this.find.value.trim();
    const alive = new Set();
    for (const row of this.rows) {
      const { group } = row.parentElement.dataset;
      row.hidden = !this.fits(row, group);
      if (!row.hidden) alive.add(row.parentElement);
    }
    const groups = new Set([...alive].map((body) => body.dataset.group));
    for (const body of this.table.tBodies) {
      if (body.classList.contains("service")) body.hidden = !groups.has(body.dataset.group);
      else if (body.classList.contains("fold")) body.hidden = Boolean(narrowed);
      else body.hidden = !alive.has(body) || (!narrowed && "folded" in body.dataset);
    }
    for (const button of this.table.querySelectorAll("[data-fold]")) {
      button.hidden = Boolean(narrowed);
      button.setAttribute("aria-expanded", "false");
    }
    for (const item of this.items) {
      item.hidden = !this.fits(item, item.closest("[data-group]").dataset.group);
    }
    for (const details of this.card.querySelectorAll(".matrix-list details")) {
      details.open = Boolean(narrowed) || "open" in details.dataset;
    }
    for (const section of this.card.querySelectorAll(".matrix-list section")) {
      section.hidden = !section.querySelector("li:not([hidden])");
    }
    this.card.querySelector("[data-nothing]").hidden = groups.size > 0;
    this.narrowColumns();
    this.keepCurrent();
  }

  // One cell can always be reached by Tab: where it was if that is still shown, else the first.
  keepCurrent() {
    if (!this.places.includes(this.column)) [this.column] = this.places;
    const row = this.current?.parentElement;
    const kept = row && shown(row) ? row : this.rows.find(shown);
    if (kept) this.makeCurrent(this.cellOf(kept));
  }

  // "Accepted" leaves the columns in which something is accepted.
  narrowColumns() {
    const gone = this.show === "a" ? this.unused() : [];
    const rules = gone.map((index) => [
      `.matrix tr[data-i] > :nth-child(${index + 2})`,
      `.matrix .syntaxes-row > :nth-child(${index + 1})`,
    ]);
    // What the columns leave free goes to the names, up to a line that the longest fits on.
    const freed = gone.length * CELL_PX;
    const wider = Math.min(freed, MOST_FOR_NAMES_PX);
    this.columnStyle.replaceSync(rules.length
      ? `${rules.flat().join(",")}{display:none} .matrix .names{width:${NAME_PX + wider}px}` : "");
    this.table.width = this.fullWidth - freed + wider;
    const hidden = new Set(gone);
    this.places = this.columns.map((_, index) => index + 1).filter((at) => !hidden.has(at - 1));
    let index = 0;
    for (const family of this.table.querySelectorAll(".families th[scope=colgroup]")) {
      family.dataset.span ??= family.colSpan;
      const places = Array.from({ length: Number(family.dataset.span) }, () => index++);
      const left = places.filter((place) => !hidden.has(place)).length;
      family.hidden = left === 0;
      family.colSpan = Math.max(1, left);
    }
  }

  unused() {
    const accepted = this.marks.get("0").style;
    const used = new Set();
    for (const row of this.rows.filter(shown)) {
      for (let index = 1; index < row.cells.length; index++) {
        if (row.cells[index].classList.contains(accepted)) used.add(index - 1);
      }
    }
    return used.size === 0 ? [] : this.columns.map((_, index) => index).filter((index) => !used.has(index));
  }

  say(cell) {
    const row = cell.parentElement;
    if (!("i" in row.dataset)) return;
    const column = cell.colSpan > 1 ? null : this.columns[cell.cellIndex - 1];
    const [, name, uid] = row.cells[0].title.match(/^(.*) (\S+)$/);
    const syntax = column ? `${column.textContent} (${column.title})` : "every transfer syntax";
    const result = this.words.get(cell.textContent.trim()) ?? "";
    const role = "scu" in row.dataset ? "; the peer would also be the SCU" : "";
    const change = cell.classList.contains("came") ? ", was refused before"
      : cell.classList.contains("went") ? ", was accepted before" : "";
    this.said.classList.remove("dim");
    this.said.textContent = `${name === uid ? uid : `${name} (${uid})`} with ${syntax}: ${result}${change}${role}`;
  }

  makeCurrent(cell) {
    this.current?.removeAttribute("tabindex");
    this.current = cell;
    cell.tabIndex = 0;
  }

  focus(cell) {
    if (cell.colSpan === 1) this.column = cell.cellIndex;
    this.makeCurrent(cell);
    cell.focus({ preventScroll: true });
    this.reveal(cell);
  }

  // Sticky headings cover what the browser takes for visible.
  reveal(cell) {
    const scroll = this.table.parentElement;
    const place = cell.getBoundingClientRect();
    const frame = scroll.getBoundingClientRect();
    const top = frame.top + this.table.tHead.offsetHeight;
    const left = frame.left + cell.parentElement.cells[0].offsetWidth;
    if (place.top < top) scroll.scrollTop -= top - place.top;
    else if (place.bottom > frame.bottom) scroll.scrollTop += place.bottom - frame.bottom + 16;
    if (cell.colSpan > 1) return;
    if (place.left < left) scroll.scrollLeft -= left - place.left;
    else if (place.right > frame.right) scroll.scrollLeft += place.right - frame.right + 16;
  }

  // A row that is refused as a whole has one cell: below it the walk goes on in its column.
  key(event) {
    const cell = event.target.closest("tr[data-i] td");
    if (!cell || event.altKey || event.metaKey) return;
    if (cell.colSpan === 1) this.column = cell.cellIndex;
    const rows = this.rows.filter(shown);
    const at = rows.indexOf(cell.parentElement);
    const place = Math.max(0, this.places.indexOf(this.column));
    const lastRow = rows.length - 1;
    const lastPlace = this.places.length - 1;
    const far = event.ctrlKey;
    const move = {
      ArrowLeft: [at, place - 1],
      ArrowRight: [at, place + 1],
      ArrowUp: [at - 1, place],
      ArrowDown: [at + 1, place],
      PageUp: [at - PAGE_ROWS, place],
      PageDown: [at + PAGE_ROWS, place],
      Home: [far ? 0 : at, 0],
      End: [far ? lastRow : at, lastPlace],
    }[event.key];
    if (!move) return;
    event.preventDefault();
    const row = rows[Math.max(0, Math.min(move[0], lastRow))];
    this.column = this.places[Math.max(0, Math.min(move[1], lastPlace))];
    this.focus(this.cellOf(row));
  }

  cellOf(row) {
    return row.cells[Math.min(this.column, row.cells.length - 1)];
  }

  // The rows of a discovery under way, as texts in the matrix's own order.
  paint(texts) {
    this.before ??= [];
    for (const row of this.rows) {
      const place = Number(row.dataset.i);
      const text = texts[place];
      if (text === undefined || text === this.before[place]) continue;
      this.before[place] = text;
      this.columns.forEach((column, index) => {
        const mark = this.marks.get(text[Number(column.dataset.j)]);
        const cell = row.cells[index + 1];
        if (!mark || cell.textContent === mark.sign) return;
        cell.textContent = mark.sign;
        cell.className = cell.classList.contains("f") ? `${mark.style} f` : mark.style;
      });
      row.dataset.k = (text.includes("0") ? "a" : "") + (text.includes("?") ? "q" : "")
        + (/[0?]/.test(text) ? "" : "r");
    }
  }
}

let matrix = null;

function begin() {
  const card = document.querySelector("[data-matrix]");
  matrix = card ? new MatrixTable(card) : null;
}

document.addEventListener("htmx:oobAfterSwap", (event) => {
  const { id } = event.detail.target;
  if (id.startsWith("discovery-")) begin();
  else if (id.startsWith("progress-")) {
    const rows = document.querySelector("[data-rows]")?.textContent.trim().split(/\s+/);
    if (rows && matrix) matrix.paint(rows);
  }
});
begin();
