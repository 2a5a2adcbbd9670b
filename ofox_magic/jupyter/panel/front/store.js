// What the page knows of the conversation: one store for a widget, however many views show it.

const SETTLED = new Set(["done", "stopped", "incomplete", "failed"]);
const TROUBLE = new Set(["starting", "restarting", "autorestarting", "terminating", "dead"]);
const BUSY_AFTER = 600; // ms without an answer, after which the kernel counts as busy
const GONE_AFTER = 6000; // ms without an answer, after the connection was seen to break

class Refusal extends Error {}

class Store {
  constructor(model) {
    this.turns = new Map();
    this.older = 0;
    this.session = null;
    this.pending = new Map();
    this.see = false;
    this.tools = new Set();
    this.left = "";
    this.busy = false;
    this.gone = false;
    this.models = null;
    this.typed = [];
    this._model = model;
    this._watchers = new Set();
    this._waiting = new Map();
    this._number = Math.floor(Math.random() * 2 ** 40); // other pages number theirs, and all hear all answers
    model.on("msg:custom", (message) => this._take(message));
    model.on("comm_live_update", () => this._looseConnection());
    model.on("comm:close", () => this._looseConnection());
    // JupyterLab and Notebook 7 tell what becomes of the kernel, also when somebody else restarts it
    const kernel = model.widget_manager?.kernel;
    kernel?.statusChanged?.connect?.((_, status) => TROUBLE.has(status) && this._looseConnection());
    this.do("hello").catch(() => {});
  }

  // Call `watcher` with the kind of each change and what it is about; returns what ends that.
  watch(watcher) {
    this._watchers.add(watcher);
    return () => this._watchers.delete(watcher);
  }

  // Whether the front end, where it tells, takes the kernel for one that has nothing to do.
  get idle() {
    return this._model.widget_manager?.kernel?.status === "idle";
  }

  get running() {
    return [...this.turns.values()].filter((turn) => !SETTLED.has(turn.state));
  }

  // Ask the kernel to do something. Resolves with its answer; rejects with a Refusal.
  do(name, fields = {}, buffers = []) {
    const number = ++this._number;
    const answer = new Promise((resolve, reject) => this._waiting.set(number, { resolve, reject, isHeard: false }));
    answer.number = number;
    if (!this._send({ do: name, number, ...fields }, buffers)) {
      this._waiting.get(number).reject(new Refusal("The kernel that this panel belongs to is gone."));
      this._waiting.delete(number);
    }
    setTimeout(() => this._waiting.get(number)?.isHeard === false && this._setBusy(true), BUSY_AFTER);
    return answer;
  }

  // A widget that the front end has cut off from its kernel throws: then there is nobody left to hear.
  _send(message, buffers) {
    try {
      this._model.send(message, undefined, buffers);
      return true;
    } catch {
      this._setGone(true);
      return false;
    }
  }

  // Send a question. It stands among the pending ones until the kernel has it.
  async ask({ text, files = [], again = null }) {
    if (text.trim()) this.typed.push(text);
    const buffers = await Promise.all(files.map((file) => file.arrayBuffer()));
    const fields = { text, see: this.see, files: files.map((file) => file.name || "picture.png"), tools: [...this.tools], again };
    const answer = this.do("ask", fields, buffers);
    const question = { number: answer.number, text, count: files.length, label: "queued", again };
    this.pending.set(question.number, question);
    this._tell("pending");
    try {
      return await answer;
    } finally {
      this.pending.delete(question.number);
      this._tell("pending");
    }
  }

  async withdraw(number) {
    const asked = this.do("withdraw", { question: number });
    asked.catch(() => {});
    if (!this.gone && !(await asked).withdrawn) return;
    this._waiting.get(number)?.reject(new Refusal(""));
    this._waiting.delete(number);
  }

  setSee(see) {
    this.see = see;
    this._tell("see");
  }

  // Let the model call the tool, or not any more, from the next question on.
  toggleTool(name) {
    if (!this.tools.delete(name)) this.tools.add(name);
    this._tell("tools");
  }

  _take(message) {
    this._setBusy(false);
    if (this.gone) this._setGone(false);
    this[`_on_${message.type}`]?.(message);
  }

  _on_reset({ turns, older, session }) {
    this.turns = new Map(turns.map((turn) => [turn.id, turn]));
    this.older = older;
    this.session = session;
    this._tell("reset");
    this._tell("session");
  }

  _on_older({ turns, older }) {
    const fresh = turns.filter((turn) => !this.turns.has(turn.id));
    this.turns = new Map([...fresh.map((turn) => [turn.id, turn]), ...this.turns]);
    this.older = older;
    this._tell("older", fresh);
  }

  _on_turn({ turn }) {
    this.turns.set(turn.id, turn);
    this._tell("turn", turn);
  }

  _on_grow({ id, blocks = [], tail, reasoning = "" }) {
    const turn = this.turns.get(id);
    if (!turn) return;
    turn.blocks.push(...blocks);
    if (tail) turn.tail = turn.tail.slice(0, tail[0]) + tail[1];
    turn.reasoning += reasoning;
    turn.retrying = "";
    this._tell("grow", { turn, blocks, reasoning });
  }

  _on_calls({ type, id, ...calls }) {
    const turn = this.turns.get(id);
    if (!turn) return;
    Object.assign(turn, calls);
    this._tell("calls", turn);
  }

  _on_left({ line }) {
    this.left = line;
    this._tell("life");
  }

  _on_state({ id, state, note, versions }) {
    const turn = this.turns.get(id);
    if (!turn) return;
    turn.state = state;
    turn.retrying = note;
    if (versions) Object.assign(turn, { versions, version: versions - 1 });
    this._tell("head", turn);
  }

  _on_head({ turn: head }) {
    const turn = this.turns.get(head.id);
    if (!turn) return;
    Object.assign(turn, head, { calls: "", asking: null, running: "" });
    this._tell("head", turn);
  }

  _on_session({ session }) {
    this.session = session;
    this._tell("session");
  }

  _on_done({ type, number, ...answer }) {
    this._waiting.get(number)?.resolve(answer);
    this._waiting.delete(number);
  }

  _on_refused({ number, why }) {
    this._waiting.get(number)?.reject(new Refusal(why));
    this._waiting.delete(number);
  }

  _on_waiting({ number, why }) {
    const question = this.pending.get(number);
    if (!question) return;
    this._waiting.get(number).isHeard = true;
    question.label = why;
    this._tell("pending");
  }

  // The widget lost its comm, or has one again: see whether a kernel is there that knows this conversation.
  _looseConnection() {
    clearTimeout(this._probe);
    const answer = this.do("hello");
    answer.catch(() => {});
    this._probe = setTimeout(() => this._waiting.has(answer.number) && this._setGone(true), GONE_AFTER);
  }

  _setBusy(busy) {
    if (this.busy === busy) return;
    this.busy = busy;
    this._tell("life");
  }

  // What runs ends with its kernel. Should it be there after all, its answer to `hello` tells all anew.
  _setGone(gone) {
    if (this.gone === gone) return;
    this.gone = gone;
    if (gone) {
      for (const question of this.pending.values()) question.label = "not asked: the kernel is gone";
      for (const turn of this.running) endWithKernel(turn);
    }
    this._tell("pending");
    this._tell("gone");
    this._tell("life");
  }

  _tell(kind, what) {
    for (const watcher of [...this._watchers]) watcher(kind, what);
  }
}

function endWithKernel(turn) {
  const hasText = turn.blocks.length || turn.tail;
  Object.assign(turn, { state: hasText ? "incomplete" : "failed", error: "the kernel ended", calls: "", asking: null, running: "", retrying: "" });
}
