"""The panel in a notebook's page: types into it, reads its turns."""

LOAD = "%load_ext ofox_magic\n%ofox panel"


class PanelPage:
    """The panel number *place* of the open *notebook*."""

    def __init__(self, notebook, place=0):
        self.notebook = notebook
        self.page = notebook.page
        self.root = self.page.locator(".ofox-panel").nth(place)
        self.root.wait_for()
        self.field = self.root.locator(".ofox-field")
        self.turns = self.root.locator(".ofox-turn:not(.ofox-pending)")

    def type(self, text):
        self.field.click()
        self.page.keyboard.insert_text(text)

    def ask(self, text):
        """Type *text* and press Enter."""
        self.type(text)
        self.page.keyboard.press("Enter")

    def wait_for(self, condition, what, seconds=30.0):
        try:
            return self.notebook.wait_for(condition, what, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; the panel shows:\n{self.root.inner_text()}") from None

    def body(self, number=-1):
        return self.turns.nth(number).locator(".ofox-body").first.inner_text()

    def wait_for_turns(self, count):
        """Wait until there are *count* turns and all have ended."""
        self.wait_for(
            lambda: self.turns.count() == count and self.root.locator(".ofox-note").count() == count, f"{count} turns"
        )

    def asked(self):
        return self.turns.locator(".ofox-asked").all_inner_texts()

    def button(self, label, turn=None):
        scope = self.root if turn is None else self.turns.nth(turn)
        return scope.get_by_role("button", name=label, exact=True)

    def choose(self, picker, label):
        """Choose the entry with *label* of a picker, and close that."""
        self.root.get_by_role("button", name=picker).click()
        self.root.locator(".ofox-menu:not([hidden]) [role=option]", has_text=label).first.click()
        self.page.keyboard.press("Escape")  # where several can be chosen it stays open
