// The widget's two doors: initialize makes the store, once for a page; render shows it, any number of times.

const stores = new Map(); // by the widget's id: the `model` that is handed in is another object each time
const MOST_SAID = 8000; // ms that a remark stays

class PanelView {
  constructor(store, root) {
    this._store = store;
    const actions = {
      say: (text) => this._say(text),
      edit: (turn) => this._edit(turn),
      sent: () => this._log.toEnd(),
    };
    this._log = new LogView(store, actions);
    this._bar = new Bar(store, actions);
    this._composer = new Composer(store, actions);
    this._life = make("div", { class: "ofox-life", role: "status" });
    this._said = make("div", { class: "ofox-said", role: "status" });
    this._announced = make("div", { class: "ofox-hidden", role: "status" });
    root.classList.add("ofox-panel");
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", "Conversation with a model");
    // JupyterLab's shortcuts and its menu are for the notebook, not for who types here
    root.dataset.lmSuppressShortcuts = "true";
    root.dataset.jpSuppressContextMenu = "true";
    root.append(this._bar.element, this._log.element, this._life, this._said, this._composer.element, this._announced);
    for (const event of ["keydown", "keypress", "keyup", "paste", "copy", "cut"]) root.addEventListener(event, (heard) => heard.stopPropagation());
    this._acceptDrops(root);
    this._unwatch = store.watch((kind, what) => this._change(kind, what));
    for (const kind of ["reset", "session", "life"]) this._change(kind);
  }

  close() {
    this._unwatch();
    this._log.close();
  }

  _change(kind, what) {
    this._log.change(kind, what);
    this._bar.change(kind, what);
    this._composer.change(kind, what);
    if (kind === "life") this._showLife();
    if (kind === "calls" && what.asking) this._announced.textContent = "The model asks to run a tool.";
    if (kind === "head" && SETTLED.has(what.state)) this._announced.textContent = what.error || "The answer is complete.";
  }

  _showLife() {
    this._life.textContent = this._lifeInWords();
    this._life.hidden = !this._life.textContent;
  }

  _lifeInWords() {
    const { busy, gone, idle, left, running } = this._store;
    const call = running.map((turn) => turn.running).find(Boolean);
    if (gone) return "The kernel was restarted or has ended. What you see stays; run the cell of this panel again to go on.";
    if (busy && call) return `The kernel runs ${call} and cannot answer meanwhile: interrupt the kernel to end it.`;
    if (busy && idle) return "The kernel is idle and does not answer this panel. Reload the page or run the panel's cell again to go on.";
    if (busy) return "The kernel is busy and cannot answer now: what you ask is queued until the cell ends.";
    return left ? `${left} still runs, though its turn was stopped: interrupt the kernel to end it.` : "";
  }

  _say(text) {
    if (!text) return;
    this._said.textContent = text;
    clearTimeout(this._saying);
    this._saying = setTimeout(() => { this._said.textContent = ""; }, MOST_SAID);
  }

  async _edit(turn) {
    try {
      this._composer.edit(turn, await this._store.do("edit", { turn: turn.id }));
    } catch (refusal) {
      this._say(refusal.message);
    }
  }

  _acceptDrops(root) {
    const over = (event, isOver) => {
      if (![...(event.dataTransfer?.types || [])].includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      root.classList.toggle("ofox-drop", isOver);
    };
    root.addEventListener("dragover", (event) => over(event, true));
    root.addEventListener("dragleave", (event) => over(event, false));
    root.addEventListener("drop", (event) => {
      over(event, false);
      const files = [...(event.dataTransfer?.files || [])];
      if (files.length) this._composer.add(files);
    });
  }
}

function begin(model) {
  const store = new Store(model);
  stores.set(model.get("panel_id"), store);
  return store;
}

export default {
  initialize({ model }) {
    begin(model);
  },
  render({ model, el }) {
    const view = new PanelView(stores.get(model.get("panel_id")) || begin(model), el);
    return () => view.close();
  },
};
