/* Type-ahead on a text field, after the ARIA combobox pattern with a list box.

   <div data-combobox data-source="/uids/?kind=abstract"> holds a text input and, where a choice
   stands for a row, a hidden input that gets its value. The source answers
   {"results": [{"value", "text", "detail"}]}. Without this script the text field alone works: the
   server resolves what was typed. */

const PAUSE_MS = 120;
let made = 0;

class Combobox {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("input[type=text]");
    this.hidden = root.querySelector("input[type=hidden]");
    this.source = new URL(root.dataset.source, location.href);
    this.list = document.createElement("ul");
    this.list.className = "combobox-list";
    this.list.id = `combobox-${++made}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.input.labels[0]?.textContent.trim() ?? "Suggestions");
    this.list.hidden = true;
    root.append(this.list);
    for (const [name, value] of Object.entries({
      role: "combobox", autocomplete: "off", "aria-autocomplete": "list",
      "aria-expanded": "false", "aria-controls": this.list.id,
    })) this.input.setAttribute(name, value);
    this.active = -1;
    this.asked = 0;
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    // Keeps the focus in the field, so that a click on an option is not a blur first.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(option);
    });
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  typed() {
    if (this.hidden) this.hidden.value = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  async ask() {
    const turn = ++this.asked;
    const url = new URL(this.source);
    url.searchParams.set("q", this.input.value);
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    const { results } = await response.json();
    // A slow early answer must not replace a later one, nor open the list of a field left.
    if (turn === this.asked && document.activeElement === this.input) this.show(results);
  }

  show(results) {
    this.list.replaceChildren(...results.map((result, index) => this.option(result, index)));
    this.list.hidden = results.length === 0;
    this.input.setAttribute("aria-expanded", String(results.length > 0));
    this.mark(-1);
  }

  option(result, index) {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.value = result.value;
    option.dataset.text = result.text;
    const text = document.createElement("span");
    text.textContent = result.text;
    const detail = document.createElement("small");
    detail.textContent = result.detail;
    option.append(text, detail);
    return option;
  }

  mark(index) {
    this.active = index;
    for (const [at, option] of this.options.entries()) {
      option.setAttribute("aria-selected", String(at === index));
      if (at === index) {
        option.scrollIntoView({ block: "nearest" });
        this.input.setAttribute("aria-activedescendant", option.id);
      }
    }
    if (index < 0) this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const count = this.options.length;
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" && !open) this.ask();
    else if (event.key === "ArrowDown") this.mark((this.active + 1) % count);
    else if (event.key === "ArrowUp" && open) this.mark((this.active - 1 + count) % count);
    else if (event.key === "Enter" && open && this.active >= 0) this.choose(this.options[this.active]);
    else if (event.key === "Escape" && open) this.close();
    else return;
    event.preventDefault();
  }

  choose(option) {
    this.input.value = option.dataset.text;
    if (this.hidden) this.hidden.value = option.dataset.value;
    this.close();
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    clearTimeout(this.timer);
    this.asked++;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }
}

for (const root of document.querySelectorAll("[data-combobox]")) new Combobox(root);
