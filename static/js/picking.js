/* Lists of radio buttons or check boxes to choose from: narrowed while typing, ticked all or none.

   [data-picker] holds a search field [data-picker-filter], a list [data-picker-list], a status
   [data-picker-count] and, where many may be chosen, buttons [data-picker-all] of value all or none,
   which act on what is shown. Without the script the whole list stands there. */

class Picker {
  constructor(root) {
    this.list = root.querySelector("[data-picker-list]");
    this.rows = [...this.list.children];
    this.count = root.querySelector("[data-picker-count]");
    this.filter = root.querySelector("[data-picker-filter]");
    this.filter.hidden = false;
    this.filter.addEventListener("input", () => this.narrow());
    this.filter.addEventListener("keydown", (event) => this.entered(event));
    for (const button of root.querySelectorAll("[data-picker-all]")) {
      button.hidden = false;
      button.addEventListener("click", () => this.tick(button.value === "all"));
    }
    root.addEventListener("change", () => this.say());
    // One at a time: what is typed and what is chosen in the list clear each other.
    this.typed = root.querySelector("input[name=abstract_syntax]");
    this.typed?.addEventListener("input", () => { for (const box of this.boxes) box.checked = false; });
    for (const row of this.typed ? this.rows : []) {
      row.addEventListener("change", () => { this.typed.value = ""; });
    }
    const chosen = this.boxes.find((box) => box.checked && box.type === "radio")?.closest("li");
    if (chosen) this.list.scrollTop = chosen.offsetTop - chosen.offsetHeight;
    this.say();
  }

  get boxes() {
    return this.rows.map((row) => row.querySelector("input"));
  }

  get shown() {
    return this.rows.filter((row) => !row.hidden);
  }

  narrow() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text, start) => words.every((word) => text.includes(start + word));
    const rank = new Map();
    for (const row of this.rows) {
      const text = ` ${row.textContent.toLowerCase().replace(/\s+/g, " ")}`;
      row.hidden = !fits(text, "");
      rank.set(row, fits(text, " ") ? 0 : 1);
    }
    // What has words that begin so comes first: "ct im" means CT Image Storage.
    this.list.append(...[...this.rows].sort((one, other) => rank.get(one) - rank.get(other)));
    this.list.scrollTop = 0;
    this.say();
  }

  /* Enter goes on to the list instead of sending the form half filled. */
  entered(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    this.list.querySelector("li:not([hidden])")?.querySelector("input").focus();
  }

  tick(all) {
    for (const row of this.shown) row.querySelector("input").checked = all;
    this.rows[0]?.querySelector("input").dispatchEvent(new Event("change", { bubbles: true }));
  }

  say() {
    const { boxes } = this;
    const ticked = boxes.filter((box) => box.checked).length;
    const shown = this.shown.length === this.rows.length ? `${this.rows.length} listed` : `${this.shown.length} of ${this.rows.length}`;
    const chosen = boxes[0]?.type === "checkbox" ? `, ${ticked} selected` : "";
    if (this.count) this.count.textContent = `${shown}${chosen}`;
  }
}

for (const root of document.querySelectorAll("[data-picker]")) new Picker(root);
