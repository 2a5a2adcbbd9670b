"""What `install` hangs on the shell: the session, and what the notebook gives to it. It outlives a reload."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from ofox_magic.context.displays import Displays
from ofox_magic.settings import working_folder

if TYPE_CHECKING:
    from ofox_magic.context.convert import Converter
    from ofox_magic.context.prompt import Notebook
    from ofox_magic.context.sharing import Sharing
    from ofox_magic.jupyter.bundle import Bundle
    from ofox_magic.jupyter.keeping import Keeping
    from ofox_magic.jupyter.offering import Offering
    from ofox_magic.jupyter.panel.panel import Panel
    from ofox_magic.tools import ToolSession
    from ofox_magic.wiring import Wiring

_MIME = "text/llm+plain"
_MOST_NAMES = 30


class Kit:
    """
    All that belongs to one shell.

    `wiring` and its `session`, `keeping` for the journal; `displays`, `sharing`, `converter` and `notebook` for what
    goes along. All but the displays, which must not miss any, is imported and made when first used.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._folder = working_folder()  # a notebook may change its directory before it asks
        self.displays = Displays(shell)
        self._panel: Panel | None = None

    @cached_property
    def sharing(self) -> "Sharing":
        """What the user lets out of which table."""
        from ofox_magic.context.sharing import Sharing

        return Sharing()

    @cached_property
    def converter(self) -> "Converter":
        """What makes parts of the user's values, by the rules of `sharing`."""
        from ofox_magic.context.convert import Converter

        return Converter(self.sharing, self._names_of, self._formatted)

    @cached_property
    def notebook(self) -> "Notebook":
        """What a prompt can name."""
        from ofox_magic.context.prompt import Notebook

        return Notebook(self._shell.user_ns, self.displays, self.converter)

    @cached_property
    def offering(self) -> "Offering":
        """What a model may be allowed to call."""
        from ofox_magic.jupyter.offering import Offering

        toolbox, converter = self.session.toolbox, self.converter
        return Offering(toolbox, self._shell.user_ns, self.notebook.look_up, converter.rule)

    @cached_property
    def keeping(self) -> "Keeping":
        """The journal, where the settings allow one."""
        from ofox_magic.jupyter.keeping import Keeping

        return Keeping(lambda: self.wiring)

    @cached_property
    def wiring(self) -> "Wiring":
        """The session, and what carries it."""
        from ofox_magic.jupyter.consent import consent_of
        from ofox_magic.jupyter.notebook_session import NotebookSession
        from ofox_magic.wiring import Wiring

        return Wiring(
            to_parts=self.converter.to_parts,
            before_send=self.keeping.before_send,
            make_session=partial(NotebookSession, consent=partial(consent_of, self._shell), open_panel=self.panel),
            folder=self._folder,
        )

    @property
    def is_terminal(self) -> bool:
        """Whether the shell is no kernel's: what it shows is text, and what is typed ends with an empty line."""
        return not hasattr(self._shell, "kernel")

    @property
    def session(self) -> "ToolSession":
        """The conversation that all surfaces share."""
        return self.wiring.session

    def show(self, bundle: "Bundle") -> None:
        """Show *bundle* in the cell that runs; a terminal prints its text."""
        self._shell.display_pub.publish(*bundle)

    def put(self, name: str, value: object) -> None:
        """Give the user's variable *name* a *value*."""
        self._shell.push({name: value})

    def panel(self) -> "Panel":
        """Return the panel, made when first asked for; there is one, which can be shown in many places."""
        from ofox_magic.jupyter.panel.panel import Panel  # widgets take long to import
        from ofox_magic.jupyter.panel.printed import printed
        from ofox_magic.jupyter.panel.questions import Questions
        from ofox_magic.jupyter.panel.sent_view import SentView

        if self._panel is None or not self._panel.is_open:
            session, wiring = self.session, self.wiring
            self._panel = Panel(
                session,
                questions=lambda calls: Questions(
                    session, calls, self.notebook, self.converter, wiring.card, self._later
                ),
                offer=self.offering.offered_if_any,
                later=self._later,
                printed=lambda: printed(self._shell.display_pub),
                default_model=lambda: wiring.settings().model,
                names=self._names_like,
                models=wiring.cards,
                tools=self.offering.to_choose,
                sent=SentView(wiring.body, wiring.mask),
            )
        return self._panel

    def close(self) -> None:
        """Leave the shell's displays as they were, write what is left, close connections. The conversation stays."""
        self.displays.uninstall()
        if "wiring" in vars(self):
            self.keeping.close()
            self.wiring.close()

    def _later(self, work: Callable[[], None]) -> None:
        """Run *work* on the kernel's main thread, once no cell runs there; where there is no kernel, now."""
        loop = getattr(getattr(self._shell, "kernel", None), "io_loop", None)
        if loop is None:
            work()
        else:
            loop.add_callback(work)

    def _names_like(self, prefix: str) -> list[dict[str, str]]:
        """The names that begin with *prefix* and that a question can refer to, the likeliest first."""
        from ofox_magic.context.nameable import nameable

        named = nameable(self._shell.user_ns, self._shell.user_ns_hidden)
        found = [(name, kind) for name, kind in named if name.casefold().startswith(prefix.casefold())]
        return [{"name": name, "kind": kind} for name, kind in found[:_MOST_NAMES]]

    def _names_of(self, value: object) -> Iterator[str]:
        """The user's own names for *value*."""
        hidden = self._shell.user_ns_hidden
        for name, bound in list(self._shell.user_ns.items()):
            if bound is value and not name.startswith("_") and name not in hidden:
                yield name

    def _formatted(self, value: object) -> str | None:
        """What a formatter says that somebody registered for models, never what a value says of itself."""
        formatter = self._shell.display_formatter.formatters.get(_MIME)
        if formatter is None:
            return None
        said = formatter(value)
        return said if isinstance(said, str) else None
