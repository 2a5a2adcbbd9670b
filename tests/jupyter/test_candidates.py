"""What may stand where the cursor is: `|` in each text."""

import pytest

from ofox_magic.jupyter.candidates import complete
from ofox_magic.jupyter.commands.showing import sent_parser
from ofox_magic.jupyter.grammar import parser_for


class Names:
    def commands(self):
        return ["ask", "model", "models", "switch"]

    def parser(self, command):
        return {"ask": parser_for("%ofox ask"), "fix": parser_for("%ofox fix"), "sent": sent_parser()}.get(command)

    def aliases(self):
        return ["quick", "deep"]

    def models(self):
        return ["z/chosen", "openai/gpt-4o", "openai/gpt-5", "gpt-oss/own", "z/chosen"]

    def conversations(self):
        return ["main", "other"]

    def tools(self):
        return ["weather", "clock"]

    def references(self):
        return [("df", "table"), ("fig", "picture"), ("days", "number"), ("Out[3]", "text"), ("last", "display")]

    def schemas(self):
        return ["Fruit"]


def found(marked):
    cursor = marked.index("|")
    return complete(marked.replace("|", "", 1), cursor, Names())


def texts(marked):
    return [each.text for each in found(marked).candidates]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("%%ofox --det|", ["--detail"]),
        ("%%ofox --detail |\nhello", ["auto", "low", "high"]),
        ("%%ofox --detail=l|", ["low"]),
        ("%%ofox --level s|", ["schema", "stats", "sample"]),
        ("%%ofox -f j|", ["json"]),
        ("%%ofox --routing |", ["priority", "cost", "latency", "balanced"]),
        ("%%ofox --reasoning-effort h|", ["high"]),
        ("%%ofox --tool-choice |", ["auto", "none", "required", "weather", "clock"]),
        ("%%ofox -T |", ["weather", "clock", "frames"]),
        ("%%ofox --session |", ["main", "other"]),
        ("%%ofox --schema |", ["Fruit"]),
        ("%%ofox --option response_format=@|", ["Fruit"]),
        ("%%ofox -a |", ["df", "fig", "days", "Out[3]", "last"]),
        ("%%ofox --temperature |", []),
        ("%%ofox --raw --ra|", []),
        ("%%ofox -T clock --too|", ["--tool", "--tool-choice"]),
        ("%%ofox -s 'be --det|", []),
        ("%%ofox -s 'be kind' --det|", ["--detail"]),
        ("%%ofox --see --det|", ["--detail"]),
        ("  %%ofox --det|", ["--detail"]),
    ],
)
def test_options_and_their_values(typed, expected):
    assert texts(typed) == expected


def test_a_model_is_found_by_its_own_name_too_and_the_chosen_one_comes_first():
    assert texts("%%ofox |")[:5] == ["quick", "deep", "z/chosen", "openai/gpt-4o", "openai/gpt-5"]
    assert texts("%%ofox gpt|") == ["gpt-oss/own", "openai/gpt-4o", "openai/gpt-5"]
    assert texts("%%ofox GPT-5|") == ["openai/gpt-5"]
    assert texts("%%ofox -m q|") == ["quick"]
    assert (found("%%ofox --fallback z/chosen,gpt-4|").fragment, texts("%%ofox --fallback z/chosen,gpt-4|")) == (
        "gpt-4",
        ["openai/gpt-4o"],
    )


def test_after_the_models_come_the_options_and_after_a_model_the_options_alone():
    assert "--detail" in texts("%%ofox |")
    assert texts("%%ofox quick |")[0] == "--model"
    assert texts("%%ofox quick gpt|") == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("%ofox |", ["ask", "model", "models", "switch"]),
        ("x = 1\n%ofox mod|\ny", ["model", "models"]),
        ("    %ofox sw|", ["switch"]),
        ("%ofox switch |", ["main", "other"]),
        ("%ofox fork o|", ["other"]),
        ("%ofox switch main |", []),
        ("%ofox model gpt-5|", ["openai/gpt-5"]),
        ("%ofox alias d|", ["deep"]),
        ("%ofox alias deep gpt-5|", ["openai/gpt-5"]),
        ("%ofox dealias |", ["quick", "deep"]),
        ("%ofox level |", ["df", "schema", "stats", "sample", "full"]),
        ("%ofox level df |", ["schema", "stats", "sample", "full"]),
        ("%ofox level df --|", ["--mask"]),
        ("%ofox tools |", ["weather", "clock"]),
        ("%ofox sent --re|", ["--request"]),
        ("%ofox ask --det|", ["--detail"]),
        ("%ofox ask --detail |", ["auto", "low", "high"]),
        ("%ofox ask gpt|", []),
        ("%ofox ask why |", []),
        ("%ofox ask --raw what of {d|", ["{df}", "{days}"]),
        ("%ofox fix 3 |", []),
        ("%ofox budget |", []),
        ("%ofox nothing |", []),
        ("%ofox switch 'ma|", []),
    ],
)
def test_commands_and_what_they_take(typed, expected):
    assert texts(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("what of {|", ["{df}", "{fig}", "{days}", "{Out[3]}", "{last}"]),
        ("what of {d|, then?", ["{df}", "{days}"]),
        ("what of {d|}?", ["{df", "{days"]),
        ("what of @|", ["@df", "@fig", "@days", "@last"]),
        ("what of @d|\n", ["@df", "@days"]),
        ("{Out[|", ["{Out[3]}"]),
        ("what of d|", []),
        ("what |", []),
        ("|", []),
        ("`{d|`", []),
        ("```python\nx = {d|\n```", []),
        ("$x_{d|$", []),
        ("ann@d|", []),
        ("{{d|", []),
        ("{d|.shape", []),
        ('{"a": {d|', ["{df}", "{days}"]),
        ('{"a": {d|}}', []),
    ],
)
def test_in_a_question_the_names_that_would_count_and_nothing_else(typed, expected):
    assert texts(f"%%ofox\n{typed}") == expected


def test_what_is_offered_is_a_reference_once_it_is_put_in():
    from ofox_magic.context.references import Found, split

    for name in texts("%%ofox\nwhat of {|"):
        pieces = split(f"what of {name}", lambda name: name, lambda _: True)
        assert [piece.text for piece in pieces if isinstance(piece, Found)] == [name]


@pytest.mark.parametrize(
    "typed",
    [
        "%%ofo|",
        "%%ofox|",
        "|%%ofox\nx",
        "%%time\n%%ofox --det|",
        "%ofox|",
        "d|",
        "x = {d|",
        "%%ofoxes --d|",
        "%%ofox\n\\alp|",
    ],
)
def test_elsewhere_completion_is_pythons(typed):
    assert found(typed) is None


@pytest.mark.parametrize("typed", ["%%ofox -a pl|", "%ofox load tour|", "%ofox save |", "%ofox sent --to x|"])
def test_where_a_file_may_stand_files_are_asked_for(typed):
    assert found(typed).files


def test_each_candidate_says_what_it_is():
    kinds = {each.text: each.kind for each in found("%%ofox |").candidates}
    assert (kinds["quick"], kinds["z/chosen"], kinds["--detail"]) == ("alias", "model", "option")
    assert [each.kind for each in found("%%ofox\n{|").candidates] == ["table", "picture", "number", "text", "display"]
