// An answer's HTML, which the kernel made safe: blocks that stay, and a tail that changes.

class AnswerView {
  constructor() {
    this._reasoning = make("div", { class: "ofox-thought" });
    this._thinking = make("details", { class: "ofox-thinking", hidden: true }, make("summary", { text: "Reasoning" }), this._reasoning);
    this._blocks = make("div");
    this._tail = make("div");
    this._calls = make("div");
    this.element = make("div", { class: "ofox-body" }, this._thinking, this._blocks, this._tail, this._calls);
  }

  show(turn) {
    this._blocks.replaceChildren();
    this._reasoning.textContent = "";
    this.grow(turn, turn.blocks, turn.reasoning);
    this.showCalls(turn);
  }

  grow(turn, blocks, reasoning) {
    for (const html of blocks) this._append(html);
    if (this._shownTail !== turn.tail) this._tail.innerHTML = this._shownTail = turn.tail;
    if (reasoning) this._reasoning.append(reasoning);
    this._thinking.hidden = !turn.reasoning;
  }

  showCalls(turn) {
    this._calls.innerHTML = turn.calls || "";
  }

  get text() {
    return this._blocks.innerText;
  }

  _append(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    const block = template.content;
    this._joinCode(block);
    for (const code of block.querySelectorAll("pre")) boxCode(code);
    for (const table of block.querySelectorAll("table")) boxTable(table);
    this._blocks.append(block);
  }

  // Long code comes in parts, so that each is laid out once: they belong into one box.
  _joinCode(block) {
    const last = this._blocks.lastElementChild?.querySelector?.(":scope > pre.ofox-part");
    const next = block.firstElementChild;
    if (!last || !next?.matches("pre.ofox-code")) return;
    last.firstElementChild.append(...next.firstElementChild.childNodes);
    last.classList.toggle("ofox-part", next.classList.contains("ofox-part"));
    next.remove();
  }
}

function boxCode(code) {
  code.tabIndex = 0; // it scrolls, so the keyboard has to reach it
  const copy = iconButton("copy", "Copy code", () => copyText(code.textContent, copy));
  const box = make("div", { class: "ofox-codebox" });
  code.replaceWith(box);
  box.append(code, copy);
}

function boxTable(table) {
  const box = make("div", { class: "ofox-tablebox", tabIndex: 0, role: "region", "aria-label": "Table" });
  table.replaceWith(box);
  box.append(table);
}
