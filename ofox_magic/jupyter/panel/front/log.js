// The turns in order. Follows what grows, unless somebody reads further up.

const AT_END = 40; // px
const TIPS = [
  ["@", "Type @ and a variable's name: the table, figure or value goes along with your question."],
  ["eye", "Switch on Displays, and what your cells showed since your last question goes along."],
  ["attach", "Paste or drop a picture, or attach a file."],
  ["tool", "Choose Tools, and the model may call functions of yours: you are asked first, unless you declared one safe."],
  ["talk", "%%ofox cells are part of this conversation, and you can go on asking while a cell runs."],
];

class LogView {
  constructor(store, actions) {
    this._store = store;
    this._actions = actions;
    this._views = new Map();
    this._following = true;
    this._older = make("button", { type: "button", class: "ofox-plainbutton ofox-older", on: { click: () => this._loadOlder() } });
    this._turns = make("div");
    this._pending = make("div");
    this._empty = emptyState();
    this._scroller = make(
      "div",
      { class: "ofox-log", role: "log", "aria-live": "off", "aria-label": "Conversation", tabIndex: 0, on: { scroll: () => this._scrolled() } },
      this._older, this._empty, this._turns, this._pending,
    );
    this._jump = iconButton("down", "To the end", () => this.toEnd(), { class: "ofox-button ofox-jump", hidden: true });
    this.element = make("div", { class: "ofox-logbox" }, this._scroller, this._jump);
    this._sizes = new ResizeObserver(() => this._keepEnd());
    this._sizes.observe(this._scroller);
  }

  change(kind, what) {
    if (kind === "reset") this._reset();
    else if (kind === "older") this._prepend(what);
    else if (kind === "turn") this._show(what);
    else if (kind === "grow") this._views.get(what.turn.id)?.grow(what);
    else if (kind === "calls") this._views.get(what.id)?.showCalls();
    else if (kind === "head") this._views.get(what.id)?.showHead();
    else if (kind === "pending") this._showPending();
    else if (kind === "gone") for (const view of this._views.values()) view.showHead();
    else return;
    this._showEnds();
    this._keepEnd();
  }

  toEnd() {
    this._following = true;
    this._keepEnd();
  }

  close() {
    this._sizes.disconnect();
  }

  _reset() {
    const before = this._views;
    this._views = new Map();
    for (const turn of this._store.turns.values()) this._views.set(turn.id, this._reuse(before.get(turn.id), turn));
    this._turns.replaceChildren(...[...this._views.values()].map((view) => view.element));
    this._showPending();
  }

  // A turn that is as it was keeps its elements, and so what the reader opened and marked in them.
  _reuse(view, turn) {
    if (!view) return new TurnView(this._store, turn, this._actions);
    const same = (name) => JSON.stringify(view.turn[name]) === JSON.stringify(turn[name]);
    if (["blocks", "tail", "question", "version", "state"].every(same)) {
      view.turn = turn;
      view.showHead();
    } else view.show(turn);
    return view;
  }

  _show(turn) {
    const view = this._views.get(turn.id);
    if (view) return view.show(turn);
    const fresh = new TurnView(this._store, turn, this._actions);
    this._views.set(turn.id, fresh);
    this._turns.append(fresh.element);
  }

  _prepend(turns) {
    const before = this._scroller.scrollHeight;
    const fresh = turns.map((turn) => [turn.id, new TurnView(this._store, turn, this._actions)]);
    this._views = new Map([...fresh, ...this._views]);
    this._turns.prepend(...fresh.map(([, view]) => view.element));
    this._showEnds();
    this._scroller.scrollTop += this._scroller.scrollHeight - before;
  }

  _showPending() {
    this._pending.replaceChildren(...[...this._store.pending.values()].map((question) => this._pendingQuestion(question)));
  }

  _pendingQuestion(question) {
    const files = question.count ? ` · ${question.count} ${question.count === 1 ? "file" : "files"}` : "";
    return make(
      "div",
      { class: "ofox-turn ofox-pending" },
      make("div", { class: "ofox-question" }, make("p", { class: "ofox-asked", dir: "auto", text: question.text })),
      make("p", { class: "ofox-quiet ofox-status", text: question.label + files }),
      iconButton("close", "Do not ask", () => this._store.withdraw(question.number).catch(() => {}), { shown: true }),
    );
  }

  _showEnds() {
    this._older.hidden = !this._store.older;
    this._older.textContent = `${this._store.older.toLocaleString("en")} earlier`;
    this._empty.hidden = Boolean(this._store.turns.size || this._store.pending.size || this._store.older);
  }

  async _loadOlder() {
    const [first] = this._store.turns.keys();
    if (!first || this._loading) return;
    this._loading = true;
    await this._store.do("older", { before: first }).catch(() => {});
    this._loading = false;
  }

  _scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this._scroller;
    this._following = scrollHeight - scrollTop - clientHeight < AT_END;
    this._jump.hidden = this._following;
    if (scrollTop < AT_END && this._store.older && scrollHeight > clientHeight) this._loadOlder();
  }

  _keepEnd() {
    if (this._following) this._scroller.scrollTop = this._scroller.scrollHeight;
    else this._jump.hidden = false;
  }
}

function emptyState() {
  const tips = TIPS.map(([sign, text]) => {
    const mark = sign in ICONS ? icon(sign) : make("b", { text: sign });
    return make("li", {}, make("span", { class: "ofox-mark", "aria-hidden": "true" }, mark), make("span", { text }));
  });
  return make("div", { class: "ofox-empty" }, make("p", { class: "ofox-title", text: "Ask about this notebook" }), make("ul", {}, ...tips));
}
