// A list to choose from that opens at a button, with a field that filters it.

const MOST_SHOWN = 200;
let menus = 0;

class Menu {
  // `entries(words)` gives [{label, about, isCurrent, choose}], or a promise of them; `many` can be chosen at a time.
  constructor(button, { label, placeholder, entries, many = false }) {
    this._button = button;
    this._entries = entries;
    this._many = many;
    this._id = `ofox-menu-${++menus}`;
    this._field = make("input", { type: "text", class: "ofox-filter", placeholder, "aria-label": label, spellcheck: "false", autocomplete: "off", role: "combobox", "aria-expanded": "true", "aria-controls": this._id, "aria-autocomplete": "list" });
    this._list = make("ul", { class: "ofox-options", role: "listbox", id: this._id, "aria-label": label });
    this.element = make("div", { class: "ofox-menu", hidden: true }, this._field, this._list);
    button.setAttribute("aria-haspopup", "listbox");
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => (this.element.hidden ? this.open() : this.close()));
    this._field.addEventListener("input", () => this._fill());
    this._field.addEventListener("keydown", (event) => this._key(event));
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget) && event.relatedTarget !== button) this.close(false);
    });
  }

  open() {
    this._field.value = "";
    this.element.hidden = false;
    this._button.setAttribute("aria-expanded", "true");
    this._field.focus();
    this._fill();
  }

  close(focus = true) {
    if (this.element.hidden) return;
    this.element.hidden = true;
    this._button.setAttribute("aria-expanded", "false");
    if (focus) this._button.focus();
  }

  async _fill(place) {
    const words = this._field.value.trim();
    const entries = await this._entries(words);
    if (words !== this._field.value.trim()) return; // typed on meanwhile
    this._shown = entries.slice(0, MOST_SHOWN);
    this._list.replaceChildren(...this._shown.map((entry, place) => this._option(entry, place)));
    if (!this._shown.length) this._list.append(make("li", { class: "ofox-quiet ofox-none", role: "option", "aria-disabled": "true", "aria-selected": "false", text: "nothing found" }));
    this._mark(place ?? Math.max(0, words ? 0 : this._shown.findIndex((entry) => entry.isCurrent)));
  }

  _option(entry, place) {
    return make(
      "li",
      { role: "option", id: `${this._id}-${place}`, "aria-selected": "false", on: { mousedown: (event) => event.preventDefault(), click: () => this._choose(place) } },
      make("span", { class: `ofox-label${entry.isCurrent ? " ofox-current" : ""}`, text: entry.label }),
      entry.about ? make("span", { class: "ofox-quiet", text: entry.about }) : null,
    );
  }

  _mark(place) {
    this._place = place;
    markOption(this._list, this._field, `${this._id}-${place}`, place);
  }

  _key(event) {
    const count = this._shown?.length || 1;
    if (event.key === "ArrowDown") this._mark((this._place + 1) % count);
    else if (event.key === "ArrowUp") this._mark((this._place + count - 1) % count);
    else if (event.key === "Enter") this._choose(this._place);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  _choose(place) {
    const entry = this._shown?.[place];
    if (!entry) return;
    if (!this._many) this.close();
    entry.choose();
    if (this._many) this._fill(place);
  }
}

function matches(text, words) {
  const lower = text.toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}
