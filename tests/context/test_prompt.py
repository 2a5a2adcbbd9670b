"""What a prompt can name."""

import pytest

from ofox_magic.chat.parts import Text
from ofox_magic.context.convert import Converter
from ofox_magic.context.displays import Displays
from ofox_magic.context.prompt import Notebook
from ofox_magic.context.sharing import Sharing
from ofox_magic.errors import ConfigError


def test_a_user_may_call_something_of_his_own_in_and_out():
    notebook = Notebook({"In": 5, "Out": 5}, Displays(None), Converter(Sharing()))
    assert notebook.prompt("{In[1]} or {Out[1]}").parts == (Text("{In[1]} or {Out[1]}"),)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("wordz", "expected a name in the notebook, a file or an address; is words meant?"),
        ("nothing-like-it", "expected a name in the notebook, a file or an address; there is none"),
        ("https://a.example/x.csv", "expected the address of a picture, got https://a.example/x.csv: load the file"),
    ],
)
def test_an_attachment_that_is_nothing_is_refused_with_what_may_be_meant(word, said):
    notebook = Notebook({"words": "w"}, Displays(None), Converter(Sharing()))
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")):
        notebook.prompt("x", attach=[word])
