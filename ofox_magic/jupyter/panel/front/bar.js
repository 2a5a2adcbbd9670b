// The line above the conversation: which one it is, who answers, what was spent, and the ways back.

class Bar {
  constructor(store, actions) {
    this._store = store;
    this._actions = actions;
    this._name = make("button", { type: "button", class: "ofox-button ofox-pick", title: "Conversations" });
    this._model = make("button", { type: "button", class: "ofox-button ofox-pick ofox-model", title: "Model" });
    this._spent = make("span", { class: "ofox-quiet ofox-figures" });
    const names = new Menu(this._name, { label: "Conversations", placeholder: "Find one, or name a new one", entries: (words) => this._conversations(words) });
    const models = new Menu(this._model, { label: "Models", placeholder: "Filter the models", entries: (words) => this._models(words) });
    this.element = make(
      "div",
      { class: "ofox-bar", role: "toolbar", "aria-label": "Conversation" },
      make("div", { class: "ofox-anchor" }, this._name, names.element),
      make("div", { class: "ofox-anchor" }, this._model, models.element),
      this._spent,
      iconButton("undo", "Undo the last step", () => this._do("undo")),
      iconButton("redo", "Bring it again", () => this._do("redo")),
      iconButton("clear", "Clear the conversation", () => this._do("clear").then(() => this._actions.say("Cleared; Undo brings it again."))),
    );
  }

  change(kind) {
    const { session } = this._store;
    if (kind === "gone") for (const button of this.element.querySelectorAll("button")) button.disabled = this._store.gone;
    if (kind !== "session" || !session) return;
    this._name.replaceChildren(icon("talk"), make("span", { text: session.name }), icon("down"));
    this._name.setAttribute("aria-label", `Conversation: ${session.name}`);
    this._model.replaceChildren(make("span", { text: session.model }), icon("down"));
    this._model.setAttribute("aria-label", `Model: ${session.model}`);
    showFigures(this._spent, session.tokens ? [`${session.tokens.toLocaleString("en")} tokens`, session.spent] : []);
    if (session.system) this._spent.title += `\nSystem message: ${session.system}`;
  }

  _conversations(words) {
    const { name: current, names } = this._store.session;
    const found = names.filter((name) => matches(name, words)).map((name) => ({ label: name, isCurrent: name === current, choose: () => name === current || this._do("switch", { name }) }));
    const fresh = words || unused(names);
    if (/\s/.test(fresh) || names.includes(fresh)) return found;
    return [
      ...found,
      { label: `New: ${fresh}`, about: "go on in an empty one", choose: () => this._do("new", { name: fresh }) },
      { label: `Fork: ${fresh}`, about: "go on in a copy of this one", choose: () => this._do("fork", { name: fresh }) },
    ];
  }

  async _models(words) {
    const { session } = this._store;
    if (!this._store.models && !this._store.busy) {
      const late = new Promise((resolve) => setTimeout(resolve, 8000, { models: [] }));
      const found = await Promise.race([this._store.do("models"), late]).catch(() => ({ models: [] }));
      if (found.models.length) this._store.models = found.models;
    }
    const choose = (model) => () => this._do("model", { model });
    const found = (this._store.models || [])
      .filter((model) => matches(`${model.id} ${model.name}`, words))
      .map((model) => ({ label: model.id, about: model.about, isCurrent: !session.is_default_model && model.id === session.model, choose: choose(model.id) }));
    if (words && !/\s/.test(words) && !found.some((entry) => entry.label === words)) found.push({ label: words, about: "as typed", choose: choose(words) });
    if (!words) found.unshift({ label: "The default model", about: session.is_default_model ? session.model : "", isCurrent: session.is_default_model, choose: choose(null) });
    return found;
  }

  async _do(name, fields) {
    try {
      const { say } = await this._store.do(name, fields);
      if (say) this._actions.say(say);
    } catch (refusal) {
      this._actions.say(refusal.message);
      throw refusal;
    }
  }
}

function unused(names) {
  let number = names.length + 1;
  while (names.includes(`chat${number}`)) number += 1;
  return `chat${number}`;
}
