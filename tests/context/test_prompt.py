"""What a prompt can name."""

from ofox_magic.chat.parts import Text
from ofox_magic.context.convert import Converter
from ofox_magic.context.displays import Displays
from ofox_magic.context.prompt import Notebook
from ofox_magic.context.sharing import Sharing


def test_a_user_may_call_something_of_his_own_in_and_out():
    notebook = Notebook({"In": 5, "Out": 5}, Displays(None), Converter(Sharing()))
    assert notebook.prompt("{In[1]} or {Out[1]}").parts == (Text("{In[1]} or {Out[1]}"),)
