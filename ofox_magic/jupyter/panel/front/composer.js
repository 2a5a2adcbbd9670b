// Where a question is typed, and what will go along with it.

const MOST_FILES = 16;
const MOST_BYTES = 20 * 1024 * 1024;
const MEASURE_AFTER = 350; // ms

class Composer {
  constructor(store, actions) {
    this._store = store;
    this._actions = actions;
    this._files = [];
    this._editing = null;
    this._chips = make("ul", { class: "ofox-chips", "aria-label": "Goes along", hidden: true });
    this._measured = [];
    this._edited = make("div", { class: "ofox-edited", hidden: true }, make("span", { text: "A new version of that question" }), iconButton("close", "Leave the question as it is", () => this._endEdit()));
    this.field = make("textarea", { class: "ofox-field", rows: 1, dir: "auto", placeholder: "Ask… (@ names a variable)", "aria-label": "Question", "aria-autocomplete": "list" });
    this._names = new Names(store, this.field);
    this._picker = make("input", { type: "file", multiple: true, hidden: true, on: { change: () => this._picked() } });
    this._see = make("button", { type: "button", class: "ofox-button ofox-switch", role: "switch", title: "Send what the cells showed since the last question", on: { click: () => store.setSee(!store.see) } }, icon("eye"), make("span", { text: "Displays" }));
    this._tools = make("button", { type: "button", class: "ofox-button ofox-pick", title: "What the model may call" });
    const tools = new Menu(this._tools, { label: "Tools", placeholder: "Filter the tools", many: true, entries: (words) => this._toolEntries(words) });
    this._meter = make("span", { class: "ofox-quiet ofox-figures ofox-meter" });
    this._stop = iconButton("stop", "Stop", () => this._stopRunning(), { shown: true, hidden: true });
    this._send = iconButton("send", "Send", () => this.send(), { shown: true, class: "ofox-button ofox-send" });
    const row = make("div", { class: "ofox-row" }, iconButton("attach", "Attach a file", () => this._picker.click()), this._picker, this._see, make("div", { class: "ofox-anchor" }, this._tools, tools.element), this._meter, this._stop, this._send);
    this.element = make("div", { class: "ofox-composer" }, this._edited, this._chips, this._names.element, this.field, row);
    this._listen();
    this.change("see");
  }

  change(kind) {
    const isRunning = this._store.running.length > 0;
    this._stop.hidden = !isRunning;
    this._see.setAttribute("aria-checked", String(this._store.see));
    this._send.disabled = this._store.gone;
    if (kind === "see" || kind === "tools") this._showTools();
    if (kind === "see" || kind === "session" || kind === "reset") this._measureSoon();
  }

  _showTools() {
    const count = this._store.tools.size;
    this._tools.replaceChildren(icon("tool"), make("span", { text: count ? `Tools: ${count}` : "Tools" }), icon("down"));
    this._tools.setAttribute("aria-label", count ? `Tools: the model may call ${[...this._store.tools].join(", ")}` : "Tools: the model may call none");
  }

  async _toolEntries(words) {
    const { tools } = await this._store.do("tools").catch(() => ({ tools: [] }));
    const chosen = this._store.tools;
    for (const name of chosen) if (!tools.some((tool) => tool.name === name)) tools.push({ name, about: "gone from the kernel" });
    return tools
      .filter((tool) => matches(`${tool.name} ${tool.about}`, words))
      .map((tool) => ({ label: tool.name, about: tool.about, isCurrent: chosen.has(tool.name), choose: () => this._store.toggleTool(tool.name) }));
  }

  async send() {
    const text = this.field.value;
    if ((!text.trim() && !this._files.length) || this._store.gone) return;
    const question = { text, files: this._files, again: this._editing };
    this._endEdit();
    this._setText("");
    this._files = [];
    this._showChips();
    this._actions.sent();
    this._recalled = undefined;
    try {
      await this._store.ask(question);
    } catch (refusal) {
      this._actions.say(refusal.message);
      if (!this.field.value && !this._files.length) this._restore(question); // what was typed is not lost
    }
  }

  // Take a question up again, to be asked as a new version.
  edit(turn, { text, chips }) {
    this._editing = turn.id;
    this._kept = chips;
    this._edited.hidden = false;
    this._setText(text);
    this._showChips();
    this.field.focus();
  }

  _restore({ text, files, again }) {
    this._setText(text);
    this._files = files;
    this._editing = again;
    this._edited.hidden = !again;
    this._showChips();
  }

  _endEdit() {
    if (this._editing && !this._edited.hidden) this._setText("");
    this._editing = null;
    this._kept = [];
    this._edited.hidden = true;
    this._showChips();
  }

  _listen() {
    const { field } = this;
    field.addEventListener("keydown", (event) => this._key(event));
    field.addEventListener("input", () => this._typedOn());
    field.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files || [])];
      if (!files.length) return;
      event.preventDefault();
      this.add(files);
    });
  }

  _key(event) {
    if (event.isComposing || this._names.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this._editing) this._endEdit();
    else if (event.key === "ArrowUp" && this.field.selectionEnd === 0) this._recall(-1, event);
    else if (event.key === "ArrowDown" && this._recalled !== undefined && this.field.selectionStart === this.field.value.length) this._recall(1, event);
  }

  // Up brings what was asked before, the last first; Down goes back.
  _recall(step, event) {
    const asked = [...[...this._store.turns.values()].map((turn) => turn.question), ...this._store.typed];
    const all = asked.filter((text, place) => text && text !== asked[place + 1]);
    if (this._recalled === undefined) this._draft = this.field.value;
    const place = Math.max(0, (this._recalled ?? all.length) + step);
    if (!all.length || place > all.length) return;
    event.preventDefault();
    this._recalled = place === all.length ? undefined : place;
    this._setText(this._recalled === undefined ? this._draft : all[place]);
    const caret = step < 0 ? 0 : this.field.value.length;
    this.field.setSelectionRange(caret, caret);
  }

  _typedOn() {
    this._recalled = undefined;
    this._fit();
    this._names.look();
    this._measureSoon();
  }

  _setText(text) {
    this.field.value = text;
    this._fit();
    this._names.close();
    this._measureSoon();
  }

  _fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight + 2, 220)}px`;
  }

  _picked() {
    this.add([...this._picker.files]);
    this._picker.value = "";
  }

  add(files) {
    const all = [...this._files, ...files];
    const size = all.reduce((sum, file) => sum + file.size, 0);
    if (all.length > MOST_FILES || size > MOST_BYTES) {
      this._actions.say(`At most ${MOST_FILES} files of 20 MiB in all go along with a question.`);
      return;
    }
    this._files = all;
    this._showChips();
    this.field.focus();
  }

  _showChips() {
    const own = this._files.map((file) => this._fileChip(file));
    const others = [...(this._kept || []), ...this._measured].map((each) => chip(each));
    this._chips.replaceChildren(...own, ...others);
    this._chips.hidden = !this._chips.children.length;
  }

  _fileChip(file) {
    const isPicture = /^image\/(png|jpeg|webp|gif)$/.test(file.type);
    const picture = isPicture ? URL.createObjectURL(file) : "";
    const node = chip({ words: `${file.name || "picture"} · ${sizeInWords(file.size)}`, picture }, () => {
      this._files = this._files.filter((each) => each !== file);
      this._showChips();
      this.field.focus();
    });
    if (isPicture) node.querySelector("img").addEventListener("load", () => URL.revokeObjectURL(picture));
    return node;
  }

  _measureSoon() {
    clearTimeout(this._measuring);
    this._measuring = setTimeout(() => this._measure(), MEASURE_AFTER);
  }

  async _measure() {
    const text = this.field.value;
    if (this._store.gone || this._store.busy) return;
    if (!text.trim() && !this._store.see) {
      this._measured = [];
      showFigures(this._meter, []);
      return this._showChips();
    }
    const found = await this._store.do("measure", { text, see: this._store.see }).catch(() => null);
    if (!found || text !== this.field.value) return;
    this._measured = found.chips;
    const more = found.open || this._files.length ? " and more" : "";
    const cost = found.cost && !more ? [`at most ${found.cost}`] : [];
    showFigures(this._meter, found.tokens === null ? [] : [`≈${found.tokens.toLocaleString("en")} tokens${more}`, ...cost]);
    this._showChips();
  }

  async _stopRunning() {
    const [turn] = this._store.running.filter((each) => each.state !== "queued").concat(this._store.running);
    if (!turn) return;
    const late = new Promise((resolve) => setTimeout(resolve, 1000, "late"));
    const said = await Promise.race([this._store.do("stop", { turn: turn.id }), late]).catch((refusal) => refusal.message);
    if (said === "late") this._actions.say("The kernel cannot hear this now: interrupt it to stop what runs there.");
    else if (typeof said === "string") this._actions.say(said);
  }
}

// The names of the notebook that can stand where the caret is, behind an @.
class Names {
  constructor(store, field) {
    this._store = store;
    this._field = field;
    this._id = `ofox-names-${++menus}`;
    this._found = [];
    this._place = 0;
    this.element = make("ul", { class: "ofox-options ofox-names", role: "listbox", id: this._id, "aria-label": "Names", hidden: true });
    field.addEventListener("blur", () => this.close());
  }

  async look() {
    const typed = this._typed();
    if (typed === null) return this.close();
    const found = await this._store.do("complete", { prefix: typed }).catch(() => null);
    if (!found || this._typed() !== typed) return;
    this._found = found.names;
    if (!this._found.length) return this.close();
    this.element.hidden = false;
    this.element.replaceChildren(...this._found.map((each, place) => this._option(each, place)));
    this._field.setAttribute("aria-controls", this._id);
    this._mark(0);
  }

  close() {
    this.element.hidden = true;
    this._field.removeAttribute("aria-activedescendant");
    this._field.removeAttribute("aria-controls");
  }

  // Whether the key was for the list.
  key(event) {
    if (this.element.hidden) return false;
    const count = this._found.length;
    if (event.key === "ArrowDown") this._mark((this._place + 1) % count);
    else if (event.key === "ArrowUp") this._mark((this._place + count - 1) % count);
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") this._take(this._place);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    return true;
  }

  _typed() {
    const before = this._field.value.slice(0, this._field.selectionStart);
    const found = /(?:^|[\s(,;:])@([\p{L}_][\p{L}\p{N}_]*|)$/u.exec(before);
    return found && found[1].length < 200 ? found[1] : null;
  }

  _option(each, place) {
    return make(
      "li",
      { role: "option", id: `${this._id}-${place}`, on: { mousedown: (event) => { event.preventDefault(); this._take(place); } } },
      make("span", { class: "ofox-label", text: each.name }),
      make("span", { class: "ofox-quiet", text: each.kind }),
    );
  }

  _mark(place) {
    this._place = place;
    markOption(this.element, this._field, `${this._id}-${place}`, place);
  }

  _take(place) {
    const typed = this._typed();
    const { name } = this._found[place];
    if (typed !== null) {
      const caret = this._field.selectionStart;
      this._field.setRangeText(`${name} `, caret - typed.length, caret, "end");
      this._field.dispatchEvent(new Event("input"));
    }
    this.close();
  }
}

function sizeInWords(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
