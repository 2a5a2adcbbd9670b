// A turn: the question, the answer, and what can be done with both.

const STATES = {
  queued: "queued: another answer comes first",
  waiting: "waiting for the model",
  streaming: "",
  tools: "waiting for the kernel to run what the model calls",
};
const ENDS = { stopped: "Stopped", incomplete: "This answer broke off", failed: "No answer" };

class TurnView {
  // `actions` has edit(turn) and say(text).
  constructor(store, turn, actions) {
    this._store = store;
    this._actions = actions;
    this._answer = new AnswerView();
    this._question = make("div", { class: "ofox-question" });
    this._status = make("p", { class: "ofox-quiet ofox-status" });
    this._asking = make("div", { class: "ofox-asking", role: "group", "aria-label": "The model asks to run this", hidden: true });
    this._printed = make("pre", { class: "ofox-printed", tabIndex: 0, "aria-label": "Printed by the tools", hidden: true });
    this._problem = make("div", { class: "ofox-problem" });
    this._foot = make("div", { class: "ofox-foot" });
    this._sent = make("section", { class: "ofox-body ofox-what-was-sent", "aria-label": "What was sent", hidden: true });
    this.element = make("article", { class: "ofox-turn", tabIndex: -1 });
    this.element.append(this._question, this._answer.element, this._printed, this._asking, this._status, this._problem, this._foot, this._sent);
    this.show(turn);
  }

  show(turn) {
    this.turn = turn;
    this._sent.hidden = true;
    this._showQuestion();
    this._answer.show(turn);
    this.showHead();
  }

  grow({ blocks, reasoning }) {
    this._answer.grow(this.turn, blocks, reasoning);
    this._showState();
  }

  showCalls() {
    this._answer.showCalls(this.turn);
    this._showAsking();
    this._showState();
  }

  showHead() {
    const { turn } = this;
    this.element.setAttribute("aria-label", `Question: ${turn.question.slice(0, 80)}`);
    this._answer.grow(turn, [], "");
    this._showAsking();
    this._showState();
    this._showFoot();
  }

  // What the model wants to call now, whole, and the two answers; none of them is near to what is typed.
  _showAsking() {
    const { asking, printed } = this.turn;
    this._printed.textContent = printed || "";
    this._printed.hidden = !printed;
    this._asking.hidden = !asking;
    if (!asking || this._asked === asking.number) return;
    this._asked = asking.number;
    const answer = (yes) => {
      this.turn.asking = null;
      this.showCalls();
      this._do("allow", { turn: this.turn.id, question: asking.number, yes });
    };
    this._asking.replaceChildren(
      make("p", { text: "The model asks to run this in your kernel:" }),
      make("pre", { tabIndex: 0, text: asking.described }),
      make("button", { type: "button", class: "ofox-plainbutton", text: "Run it once", on: { click: () => answer(true) } }),
      make("button", { type: "button", class: "ofox-plainbutton", text: "Do not run it", on: { click: () => answer(false) } }),
    );
  }

  _showQuestion() {
    const { turn } = this;
    this._question.replaceChildren(
      make("p", { class: "ofox-asked", dir: "auto", text: turn.question + (turn.cut ? " …" : "") }),
      turn.chips.length ? make("ul", { class: "ofox-chips" }, ...turn.chips.map((each) => chip(each))) : "",
      ...turn.remarks.map((remark) => make("p", { class: "ofox-quiet", text: remark })),
      turn.cell ? make("span", { class: "ofox-from", text: "cell", title: "asked in a %%ofox cell" }) : "",
    );
  }

  _showState() {
    const { turn } = this;
    const isRunning = !SETTLED.has(turn.state);
    this.element.classList.toggle("ofox-live", turn.state === "streaming");
    const running = turn.running && `running ${turn.running}`;
    this._status.textContent = isRunning && !turn.asking ? running || turn.retrying || STATES[turn.state] : "";
    if (isRunning && !turn.asking && !this._status.textContent && !turn.tail && !turn.blocks.length) {
      this._status.textContent = turn.reasoning ? "thinking" : "answering";
    }
    this._status.hidden = !this._status.textContent;
    this._problem.hidden = !turn.error && !(turn.state in ENDS);
    const failed = turn.state !== "stopped";
    const again = { type: "button", class: "ofox-plainbutton", text: "Try again", on: { click: () => this._again() } };
    this._problem.className = `ofox-problem${failed ? " ofox-failed" : ""}`;
    if (this._problem.hidden) return;
    this._problem.replaceChildren(
      make("span", { text: turn.error ? `${ENDS[turn.state]}: ${turn.error}` : `${ENDS[turn.state]}.` }),
      failed && !this._store.gone ? make("button", again) : "",
    );
  }

  _showFoot() {
    const { turn } = this;
    if (!SETTLED.has(turn.state)) {
      const withdraw = () => this._do("stop", { turn: turn.id });
      this._foot.replaceChildren(turn.state === "queued" ? iconButton("close", "Do not ask", withdraw, { shown: true }) : "");
      return;
    }
    const copy = iconButton("copy", "Copy answer", () => this._copy(copy));
    const disabled = this._store.gone;
    this._foot.replaceChildren(
      ...this._versions(),
      copy,
      iconButton("again", "Ask again", () => this._again(), { disabled }),
      iconButton("edit", "Edit the question", () => this._actions.edit(turn), { disabled }),
      iconButton("sent", "What was sent", () => this._showSent(), { disabled }),
      make("span", { class: "ofox-quiet ofox-note", text: turn.note }),
    );
  }

  _versions() {
    const { id, version, versions } = this.turn;
    if (versions < 2) return [];
    const { gone } = this._store;
    const go = (index) => this._do("version", { turn: id, index });
    return [
      iconButton("left", "Earlier version", () => go(version - 1), { disabled: gone || version === 0 }),
      make("span", { class: "ofox-quiet", text: `${version + 1}/${versions}`, title: `version ${version + 1} of ${versions}` }),
      iconButton("right", "Later version", () => go(version + 1), { disabled: gone || version === versions - 1 }),
    ];
  }

  _again() {
    this._do("again", { turn: this.turn.id, tools: [...this._store.tools] });
  }

  async _showSent() {
    const isOpen = !this._sent.hidden;
    this._sent.hidden = isOpen;
    if (isOpen) return;
    try {
      const { html } = await this._store.do("sent", { turn: this.turn.id });
      this._sent.innerHTML = html;
      for (const code of this._sent.querySelectorAll("pre")) boxCode(code);
      for (const table of this._sent.querySelectorAll("table")) boxTable(table);
      this._sent.scrollIntoView({ block: "nearest" });
    } catch (refusal) {
      this._sent.hidden = true;
      this._actions.say(refusal.message);
    }
  }

  async _copy(button) {
    let text = this._answer.text; // what the page shows, where no kernel says how it was written
    if (!this._store.gone && !this._store.busy) {
      const late = new Promise((resolve) => setTimeout(resolve, 1000, { text }));
      ({ text } = await Promise.race([this._store.do("copy", { turn: this.turn.id }), late]).catch(() => ({ text })));
    }
    await copyText(text, button);
  }

  _do(name, fields) {
    this._store.do(name, fields).catch((refusal) => this._actions.say(refusal.message));
  }
}
