/* A PDU's tree beside its bytes: what is pointed at or focused in one lights up in the other.

   The server sends plain nested lists and a <pre> in which <i data-at="START"> is a leaf's part of
   a line; both are readable without this script. With it the lists become a tree after the ARIA
   pattern (arrow keys, Home, End), folded below the PDU's own pieces, and in the bytes the left
   and right arrow keys step from piece to piece, Enter leads to the piece in the tree. */

class PduView {
  constructor(root) {
    this.pane = root.querySelector("[data-pane]");
    this.hex = root.querySelector("[data-hex]");
    this.said = root.querySelector("[data-said]");
    this.tree = root.querySelector("[data-tree]");
    this.items = [...this.tree.querySelectorAll("li")];
    this.leaves = this.items.filter((item) => !item.querySelector("ul"));
    this.leafAt = new Map(this.leaves.map((item) => [item.dataset.from, item]));
    this.spans = [...this.hex.querySelectorAll("i")];
    this.spans.sort((a, b) => a.dataset.at - b.dataset.at);
    this.lit = [];
    this.stop = this.items[0];
    this.setUp();
    this.listen();
  }

  setUp() {
    this.tree.setAttribute("role", "tree");
    this.tree.setAttribute("aria-label", "Pieces of the PDU");
    for (const list of this.tree.querySelectorAll("ul")) list.setAttribute("role", "group");
    for (const item of this.items) {
      item.setAttribute("role", "treeitem");
      item.tabIndex = -1;
      if (item.querySelector("ul")) item.ariaExpanded = String(item === this.items[0]);
    }
    if (this.stop) this.stop.tabIndex = 0;
  }

  listen() {
    this.tree.addEventListener("pointerover", (event) => this.pointed(event));
    this.tree.addEventListener("pointerleave", () => this.light(null));
    this.tree.addEventListener("focusin", (event) => this.focused(event.target.closest("li")));
    this.tree.addEventListener("click", (event) => this.clicked(event));
    this.tree.addEventListener("keydown", (event) => this.walked(event));
    this.hex.addEventListener("pointerover", (event) => this.pointed(event));
    this.hex.addEventListener("pointerleave", () => this.light(null));
    this.hex.addEventListener("click", (event) => this.reveal(this.leafOf(event.target)));
    this.hex.addEventListener("keydown", (event) => this.stepped(event));
  }

  leafOf(target) {
    return this.leafAt.get(target.closest("i")?.dataset.at);
  }

  pointed(event) {
    const inTree = this.tree.contains(event.target);
    const item = inTree ? event.target.closest(".piece")?.parentElement : this.leafOf(event.target);
    if (item) this.light(item, inTree ? this.hex : this.pane);
  }

  // Light an item's row (or the folded one that hides it) and its bytes; scroll them into `side`.
  light(item, side = null) {
    for (const element of this.lit) element.classList.remove("lit");
    this.lit = item ? [this.shown(item).querySelector(".piece"), ...this.bytes(item)] : [];
    for (const element of this.lit) element.classList.add("lit");
    this.said.textContent = item ? this.words(item) : "";
    if (side) this.scroll(side, side === this.hex ? this.lit[1] : this.lit[0]);
  }

  shown(item) {
    let found = item;
    for (let up = item.parentElement.closest("li"); up; up = up.parentElement.closest("li")) {
      if (up.ariaExpanded === "false") found = up;
    }
    return found;
  }

  bytes(item) {
    const from = this.place(Number(item.dataset.from));
    return this.spans.slice(from, this.place(Number(item.dataset.to)));
  }

  // How many spans belong to leaves before the offset: the spans are in the order of the bytes.
  place(offset) {
    let low = 0;
    let high = this.spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Number(this.spans[middle].dataset.at) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  words(item) {
    const piece = item.querySelector(".piece");
    const texts = [...piece.querySelectorAll("b, span, strong")].map((part) => part.textContent);
    const { from, to } = item.dataset;
    const last = Number(to) - 1;
    const range = last > from ? `Bytes ${from} to ${last}` : `Byte ${from}`;
    return `${range}: ${texts.filter(Boolean).join(" · ")}`;
  }

  scroll(side, element) {
    if (!element) return;
    const box = side.getBoundingClientRect();
    const place = element.getBoundingClientRect();
    if (place.top < box.top) side.scrollTop -= box.top - place.top + 24;
    else if (place.bottom > box.bottom) side.scrollTop += place.bottom - box.bottom + 24;
  }

  focused(item) {
    this.stop.tabIndex = -1;
    this.stop = item;
    item.tabIndex = 0;
    item.ariaLabel = this.words(item);
    this.light(item, this.hex);
  }

  clicked(event) {
    const item = event.target.closest(".piece")?.parentElement;
    if (!item) return;
    if (item.ariaExpanded) item.ariaExpanded = String(item.ariaExpanded === "false");
    item.focus({ preventScroll: true });
  }

  reveal(item) {
    if (!item) return;
    for (let up = item.parentElement.closest("li"); up; up = up.parentElement.closest("li")) {
      up.ariaExpanded = "true";
    }
    item.focus({ preventScroll: true });
    this.scroll(this.pane, item.querySelector(".piece"));
  }

  visible() {
    return this.items.filter((item) => this.shown(item) === item);
  }

  walked(event) {
    const item = event.target.closest("li");
    const open = item.ariaExpanded;
    const rows = this.visible();
    const at = rows.indexOf(item);
    const moves = {
      ArrowDown: () => rows[at + 1],
      ArrowUp: () => rows[at - 1],
      Home: () => rows[0],
      End: () => rows.at(-1),
      ArrowRight: () => (open === "true" ? rows[at + 1] : this.fold(item, "true")),
      ArrowLeft: () => (open === "true" ? this.fold(item, "false") : item.parentElement.closest("li")),
      Enter: () => this.fold(item, open === "true" ? "false" : "true"),
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = move();
    if (!next) return;
    next.focus({ preventScroll: true });
    this.scroll(this.pane, next.querySelector(".piece"));
  }

  fold(item, open) {
    if (item.ariaExpanded) item.ariaExpanded = open;
    return null;
  }

  stepped(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = this.leaves.indexOf(this.stepping);
    if (event.key === "Enter") this.reveal(this.stepping);
    if (!step) return;
    event.preventDefault();
    this.stepping = this.leaves[Math.max(0, Math.min(at + step, this.leaves.length - 1))];
    this.light(this.stepping, this.pane);
    this.scroll(this.hex, this.lit[1]);
  }
}

function take(root) {
  for (const element of root.querySelectorAll("[data-pdu]:not([data-ready])")) {
    element.dataset.ready = "";
    new PduView(element);
  }
}

take(document);
document.addEventListener("htmx:load", (event) => take(event.detail.elt.parentElement ?? document));

// The clipboard belongs to secure pages; elsewhere the text is selected and the old way taken.
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const done = await copy(document.getElementById(button.dataset.copy));
  const said = button.parentElement.querySelector("[data-copied]");
  said.textContent = done ? "Copied." : "Selected: copy it with the keyboard.";
});
