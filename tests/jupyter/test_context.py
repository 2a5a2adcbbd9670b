"""What the notebook shows goes along with a question: in a real kernel, against what the gateway received."""

import base64
import io
import json

import pytest

FRAME = """\
import pandas as pd
df = pd.DataFrame({'mail': ['ann@secret.example', 'bob@secret.example'], 'n': [1.25, 2.5]})"""
PICTURE = """\
from PIL import Image as Pillow
picture = Pillow.new('RGB', (30, 20), 'red')
picture.putpixel((3, 4), (0, 0, 255))"""


def content(gateway):
    """The parts of the newest question, as the gateway received them."""
    found = gateway.received[-1].json["messages"][-1]["content"]
    return [{"type": "text", "text": found}] if isinstance(found, str) else found


def texts(gateway):
    return [part["text"] for part in content(gateway) if part["type"] == "text"]


def picture_of(part):
    from PIL import Image

    head, _, data = part["image_url"]["url"].partition(",")
    return head, Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.fixture
def frame(kernel):
    pytest.importorskip("pandas")
    assert kernel.run(FRAME).status == "ok"
    yield
    kernel.run("%ofox level -\n%ofox level df -")


def test_text_and_numbers_are_put_into_the_text(kernel, kernel_gateway):
    kernel.run("n = 5; word = 'a {n} b'")
    cell = kernel.run("%%ofox\nis {n} more than @n, and {word}? {{n}} `{n}`")
    assert texts(kernel_gateway) == ["is 5 more than 5, and a {n} b? {{n}} `{n}`"]
    assert "n · int · 1 B" in cell.text or "n · int" in cell.html


def test_a_picture_stands_in_place_with_the_pixels_it_had(kernel, kernel_gateway):
    kernel.run(PICTURE)
    cell = kernel.run("%%ofox --detail low\nbefore {picture} after")
    before, part, after = content(kernel_gateway)
    assert (before["text"], after["text"]) == ("before ", " after")
    assert part["image_url"]["detail"] == "low"
    head, image = picture_of(part)
    assert (head, image.size) == ("data:image/png;base64", (30, 20))
    assert (image.convert("RGB").getpixel((0, 0)), image.convert("RGB").getpixel((3, 4))) == ((255, 0, 0), (0, 0, 255))
    assert "picture · PNG · 30 × 20 px" in cell.html


def test_a_figure_is_drawn_afresh_also_after_it_was_closed(kernel, kernel_gateway):
    pytest.importorskip("matplotlib")
    kernel.run("import matplotlib.pyplot as plt\nfig, ax = plt.subplots(); ax.set_facecolor('red'); plt.close(fig)")
    kernel.run("%%ofox\n{fig}")
    [part] = [part for part in content(kernel_gateway) if part["type"] == "image_url"]
    _, image = picture_of(part)
    assert image.convert("RGB").getpixel((image.width // 2, image.height // 2)) == (255, 0, 0)


def test_a_frame_goes_as_a_table_and_its_chip_says_so(kernel, kernel_gateway, frame):
    cell = kernel.run("%%ofox\nlook at {df}")
    table = texts(kernel_gateway)[1]
    assert table.startswith("Table `df`: 2 rows × 2 columns")
    assert "ann@secret.example" in table
    assert "df · table · 2 rows × 2 columns" in cell.html


@pytest.mark.parametrize("how", ["{df}", "-a df", "--see", "{Out[N]}"])
@pytest.mark.parametrize("level", ["schema", "stats"])
def test_at_a_low_level_no_value_leaves_by_any_way(kernel, kernel_gateway, frame, how, level):
    kernel.run(f"%ofox level df {level} --mask mail")
    shown = kernel.run("df")
    number = shown.reply["content"]["execution_count"]
    line, prompt = (how, "look") if how.startswith("-") else ("", how.replace("N", str(number)))
    assert kernel.run(f"%%ofox {line}\n{prompt}").status == "ok"
    sent = json.dumps(kernel_gateway.received[-1].json["messages"][-1])
    assert "2 rows" in sent
    assert "secret.example" not in sent
    assert ("1.25" in sent) == (level == "stats")


def test_a_session_of_its_own_keeps_the_levels_too(kernel, kernel_gateway, frame):
    kernel.run("%ofox level df schema")
    assert kernel.run("import ofox_magic\nofox_magic.connect().ask('look', df).result();").status == "ok"
    sent = json.dumps(kernel_gateway.received[-1].json["messages"][-1])
    assert "2 rows" in sent
    assert "secret.example" not in sent


def test_a_turn_cannot_lift_a_level_that_was_set(kernel, kernel_gateway, frame):
    kernel.run("%ofox level df schema")
    kernel.run("%%ofox --level full\n{df}")
    assert "secret.example" not in json.dumps(kernel_gateway.received[-1].json["messages"][-1])


def test_a_frame_whose_object_is_gone_is_kept_back_where_values_are(kernel, kernel_gateway, frame):
    kernel.run("%ofox level stats")
    kernel.run("display(pd.DataFrame({'a': ['hidden-value']}))\nimport gc; gc.collect()")
    kernel.run("%%ofox --see 1\nlook")
    assert "hidden-value" not in json.dumps(kernel_gateway.received[-1].json["messages"][-1])


def test_see_takes_what_was_shown_since_the_last_question(kernel, kernel_gateway):
    kernel.run(PICTURE)
    kernel.run("%%ofox\nhello")
    kernel.run("display(picture)")
    kernel.run("picture")
    cell = kernel.run("%%ofox --see\nlook")
    parts = content(kernel_gateway)
    assert '<li class="ofox-chip">picture · PNG · 30 × 20 px' in cell.html
    assert [part["type"] for part in parts] == ["text", "image_url", "text"]
    assert "the same picture" in parts[2]["text"]
    kernel.run("%%ofox --see\nagain")
    assert texts(kernel_gateway) == ["again"]


def test_seeing_nothing_is_said_where_it_was_asked_for(kernel):
    kernel.run("'something'")
    kernel.run("%%ofox --see\nhello")
    assert "brought nothing along" not in kernel.run("%%ofox\nhello").html
    shown = kernel.run("%%ofox --see\nhello").html
    assert "--see brought nothing along: no cell showed anything since the last question" in shown
    assert "brought nothing along" not in kernel.run("%%ofox --see 1\nhello").html


def test_a_picture_whose_object_is_gone_goes_as_it_was_shown(kernel, kernel_gateway):
    shown = kernel.run(f"{PICTURE}\ndisplay(picture)\ndel picture\nimport gc; gc.collect();")
    cell = kernel.run("%%ofox --see 1\nlook")
    assert f"display 1 of [{shown.reply['content']['execution_count']}] (Image) · PNG · 30 × 20 px" in cell.html
    assert picture_of(content(kernel_gateway)[1])[1].size == (30, 20)


def test_an_interactive_canvas_goes_as_the_figure_that_it_shows(kernel, kernel_gateway):
    pytest.importorskip("ipympl")  # in no extra; seen with ipympl 0.10.0 and ipywidgets 8.1.9
    kernel.run("%matplotlib widget\nimport matplotlib.pyplot as plt\nfig, ax = plt.subplots(); ax.set_facecolor('red')")
    kernel.run("plt.show()")
    kernel.run("%%ofox --see 1\nlook")
    kernel.run("plt.close(fig)\n%matplotlib inline")
    _, image = picture_of(content(kernel_gateway)[1])
    assert image.convert("RGB").getpixel((image.width // 2, image.height // 2)) == (255, 0, 0)


def test_nothing_goes_along_that_was_not_named(kernel, kernel_gateway):
    kernel.run(f"{PICTURE}\ndisplay(picture)")
    kernel.run("%%ofox\nhello")
    assert content(kernel_gateway) == [{"type": "text", "text": "hello"}]


def test_files_and_addresses_are_attached(kernel, kernel_gateway):
    kernel.run(f"{PICTURE}\npicture.save('shot.png'); open('notes.txt', 'w').write('some notes')")
    cell = kernel.run("%%ofox -a shot.png -a notes.txt -a https://img.example.org/a.png\nlook")
    parts = content(kernel_gateway)
    assert picture_of(parts[1])[1].size == (30, 20)
    assert parts[2]["text"] == "File `notes.txt`:\n```\nsome notes\n```"
    assert parts[3]["image_url"]["url"] == "https://img.example.org/a.png"
    names = ("shot.png · PNG · 30 × 20 px", "notes.txt · file · 10 B", "https://img.example.org/a.png · picture")
    assert all(f'<li class="ofox-chip">{name}' in cell.html for name in names)


def test_a_path_in_a_variable_is_attached_as_the_file_that_it_is(kernel, kernel_gateway):
    kernel.run("import pathlib; notes = pathlib.Path('notes.md'); notes.write_text('some {notes}')")
    cell = kernel.run("%%ofox -a notes\nlook")
    assert texts(kernel_gateway) == ["look", "File `notes.md`:\n```\nsome {notes}\n```"]
    assert "notes.md · file · 12 B" in cell.html


def test_a_text_that_was_shown_has_its_chip_too(kernel, kernel_gateway):
    kernel.run("%%ofox\nhello")
    number = kernel.run("'a word'").reply["content"]["execution_count"]
    cell = kernel.run("%%ofox --see\nlook")
    assert texts(kernel_gateway) == ["look", f"Out[{number}] (str), as text:\n'a word'"]
    assert f"Out[{number}] (str) · text · " in cell.html


def test_an_error_is_referred_to_by_its_cell(kernel, kernel_gateway):
    number = kernel.run("1 / 0").reply["content"]["execution_count"]
    kernel.run(f"%%ofox\nwhy? {{Err[{number}]}} in {{In[{number}]}}")
    [text] = texts(kernel_gateway)
    assert "ZeroDivisionError: division by zero" in text
    assert text.endswith("in 1 / 0")


def test_a_near_miss_is_said_with_the_answer(kernel, kernel_gateway):
    kernel.run("threshold = 5")
    cell = kernel.run("%%ofox\nis {treshold} high?")
    assert texts(kernel_gateway) == ["is {treshold} high?"]
    assert "is threshold meant?" in cell.html


def test_python_code_passes_the_objects_themselves(kernel, kernel_gateway, frame):
    kernel.run(PICTURE)
    kernel.run("from ofox_magic import session; session().ask('look', picture, df).result()")
    parts = content(kernel_gateway)
    assert [part["type"] for part in parts] == ["text", "image_url", "text"]
    assert parts[2]["text"].startswith("Table `df`: 2 rows")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%%ofox -a nothing\nx", "--attach nothing: expected a name in the notebook, a file or an address"),
        ("%%ofox -a ~nobody-of-that-name/x\nx", "expected a name in the notebook, a file or an address"),
        (f"%%ofox -a {'x' * 5000}\nx", "expected a name in the notebook, a file or an address"),
        ("%%ofox --level all\nx", "invalid choice: 'all'"),
        ("%%ofox --see 0\nx", "expected a whole number above 0"),
        ("%ofox level df most", "expected a table's name and one of schema, stats, sample, full"),
        ("%ofox level --mask a", "expected a table's name"),
        ("function = len\n%ofox ask -a function x", "cannot send a builtin_function_or_method"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(kernel, line, said):
    cell = kernel.run(line)
    assert cell.status == "error"
    assert said in cell.reply["content"]["evalue"]
    assert "\n" not in cell.reply["content"]["evalue"]


def test_unloaded_and_loaded_again_displays_are_remembered_on(kernel, kernel_gateway):
    kernel.run(PICTURE)
    kernel.run("%unload_ext ofox_magic\n%load_ext ofox_magic")
    kernel.run("%%ofox\nhello")
    kernel.run("picture")
    kernel.run("%%ofox --see\nlook")
    assert [part["type"] for part in content(kernel_gateway)] == ["text", "image_url"]


def test_what_looks_like_a_reference_and_went_as_typed_is_said(kernel):
    kernel.run("prices = [1.5, 2.5]")
    shown = kernel.run("%%ofox\nWhat of {prices}, and {Out[9999]}?").html
    assert "{prices} is a list and went as typed; -a prices sends it" in shown
    assert "{Out[9999]} names nothing and went as typed" in shown
    kernel.run("import math")
    shown = kernel.run("%%ofox\nWhat of {math} and @math, {str} and {len}?").html
    assert "{math} is a module and went as typed" in shown
    assert "@math is" not in shown
    assert "{str} is" not in shown, "what Python has by itself is no name of the notebook"
    kernel.run("word = 'w'")
    shown = kernel.run("%%ofox\nWhat of {word.title} and {prices[0]}, not {color.red}?").html
    assert "{word.title} went as typed, since only whole names are inserted: use {word}, or put it into" in shown
    assert "{prices[0]} went as typed, since only whole names are inserted: put it into a variable of its own" in shown
    assert "{color.red} went" not in shown


def test_a_level_is_forgotten_by_a_dash_and_a_slip_is_said(kernel, frame):
    printed = kernel.run("%ofox level df stats --mask mial").printed
    assert "df            stats, without the values of mial" in printed
    assert "`df` has no column 'mial' to mask, but" in printed
    assert "There is no nosuch yet." in kernel.run("%ofox level nosuch stats").printed
    kernel.run("%ofox level nosuch -")
    assert kernel.run("%ofox level df -").printed == "tables        sample\n"
    kernel.run("%ofox level stats")
    assert kernel.run("%ofox level -").printed == "tables        sample\n"
