"""`%%ofox` and `%ofox`: take a line apart, ask, let a painter follow. Nothing else."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Int, Unicode

from ofox_magic.chat.parts import Part
from ofox_magic.chat.reply import Reply
from ofox_magic.chat.transport import Request
from ofox_magic.chat.turn import Turn
from ofox_magic.context.convert import Choices
from ofox_magic.errors import Interrupted
from ofox_magic.jupyter import options, remarks
from ofox_magic.jupyter.commands import Commands
from ofox_magic.jupyter.commands.showing import show_draft
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.offering import offered
from ofox_magic.jupyter.painter import Painter, follow
from ofox_magic.jupyter.running_cell import RunningCell
from ofox_magic.jupyter.shown_tools import ShownTools
from ofox_magic.settings import Settings


class MakePainter(Protocol):
    """Makes who shows a turn in the running cell."""

    def __call__(self, turn: Turn, settings: Settings, *, whole_cell: bool) -> Painter:
        """Return a painter for *turn*; *whole_cell*: nothing but the turn is in the cell."""
        ...


@magics_class
class OfoxMagics(Magics):
    """The two magics. State is in *kit*; what `%config OfoxMagics` sets is read at each turn."""

    model = Unicode("", help="default model; empty: OFOX_MODEL, else the built-in one").tag(config=True)
    base_url = Unicode("", help="where the gateway is; empty: OFOX_BASE_URL, else the documented one").tag(config=True)
    see = Int(0, help="how many of the last displays go along with each question; 0: none").tag(config=True)
    max_history = Int(0, help="how many of the turns so far go along with each question; 0: all").tag(config=True)

    def __init__(self, shell: Any, kit: Kit, painter: "MakePainter") -> None:
        super().__init__(shell)
        self._kit = kit
        self._painter = painter
        self.cell = RunningCell(shell)
        self._commands = Commands(kit, self._ask_line)

    @no_var_expand
    @line_cell_magic
    def ofox(self, line: str, cell: str | None = None) -> None:
        """
        Talk with a model; the conversation stays in the kernel.

        %%ofox [MODEL] [options]     asks what stands below the line, and streams the answer into the cell
        %ofox COMMAND                everything else; `%ofox help` lists it

        %%ofox
        Why is the sky blue?

        %%ofox openai/gpt-4o -t 0.2 -s "Answer in one sentence." -o answer
        And at sunset?
        """
        self._kit.wiring.given.update(model=self.model or None, base_url=self.base_url or None)
        if cell is None:
            self._commands.run(line)
        else:
            self._ask(options.parse(line, self.shell.user_ns), cell)

    # -- asking -------------------------------------------------------------------------------------------------------

    def _ask(self, chosen: options.Options, prompt: str) -> None:
        if chosen.help:
            print(options.help_text())
            return
        kit, settings = self._kit, self._kit.wiring.settings()
        key = self._key(chosen)
        try:
            asked = kit.notebook.prompt(
                prompt.removesuffix("\n"),
                attach=chosen.attach,
                see=self.see if chosen.see is None else chosen.see,
                raw=chosen.raw,
                choices=Choices(chosen.detail, chosen.level),
            )
            tools = self._tools(chosen)
            given = self._given(chosen, key) | {"tools": tools}
            request = kit.session.draft(*asked.parts, **given)
            said = (*asked.remarks, *self._remarks(asked.parts, request, chosen))
            if chosen.dry_run:
                show_draft(kit, request, said, chosen.output)
                return
            turn = kit.session.ask(*asked.parts, remarks=said, **given)
            kit.notebook.sent(asked.parts)
            turn.remarks += kit.keeping.problems()
            try:
                # a cell that begins with our magic holds nothing of anyone else's, so its outputs are ours to replace
                painter = self._painter(turn, settings, whole_cell=self.cell.is_ours)
                if tools is not None:
                    tools.screen = painter
                follow(turn, painter)
            finally:
                self._keep(turn.reply, chosen.output)
        except KeyboardInterrupt:
            raise Interrupted("the answer was stopped; what came by then is kept") from None
        if turn.reply.error is not None:
            raise turn.reply.error

    def _key(self, chosen: options.Options) -> str | None:
        """What the turn is known by when it is asked again."""
        key = self.cell.next_key()  # always, so that the questions below it in the cell keep theirs
        if chosen.id:
            return f"id:{chosen.id}"
        return None if chosen.append else key

    def _given(self, chosen: options.Options, key: str | None) -> dict[str, Any]:
        return {
            "key": key,
            "model": chosen.model,
            "system": chosen.system,
            "name": chosen.name,
            "timeout": chosen.timeout,
            "stream": chosen.stream,
            "conversation": chosen.conversation,
            "max_history": 0 if chosen.fresh else self.max_history or None,
            "max_cost": chosen.max_cost,
            **chosen.params,
        }

    def _tools(self, chosen: options.Options) -> ShownTools | None:
        if not chosen.tools:
            return None
        return ShownTools(offered(chosen.tools, self._kit.session.toolbox, self.shell.user_ns))

    def _remarks(self, parts: Sequence[Part], request: Request, chosen: options.Options) -> Iterator[str]:
        session = self._kit.session
        return remarks.of_question(
            parts,
            self._kit.wiring.card(request.model),
            tokens=session.estimate(request).prompt_tokens,
            turns=0 if chosen.fresh else len(session.conversations[session.name]),
            max_history=self.max_history or None,
        )

    def _keep(self, reply: Reply, name: str | None) -> None:
        self.shell.push({"_ofox": reply}, interactive=False)
        if name:
            self.shell.push({name: reply})

    def _ask_line(self, rest: str) -> None:
        chosen, question = options.parse_question(rest, self.shell.user_ns)
        self._ask(chosen, question)
