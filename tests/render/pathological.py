"""Texts that markdown parsers, lexers and sanitisers are slow or lost with, by name."""

HUGE_TABLE = "|a" * 200 + "|\n" + "|-" * 200 + "|\n" + ("|1" * 200 + "|\n") * 200
TEXTS = {
    # nested without end
    "quotes": ">" * 20_000,
    "quotes in lines": ("> " * 200 + "a\n") * 100,
    "lists": "".join("  " * level + "- a\n" for level in range(300)),
    "lists in one line": "- " * 200 + "a\n",
    "brackets": "[" * 50_000,
    "links": "[a](" * 10_000,
    "links with an address that is none": "[a](<b" * 8_000,
    "empty links": "[](" * 15_000,
    "images": "![" * 20_000,
    "images in images": "![[]()" * 8_000,
    "lazy quotes": "> a\n" * 10_000,
    # emphasis without end
    "emphasis": "*" * 50_000 + "a" + "*" * 50_000,
    "mixed emphasis": "*a_ " * 15_000,
    "strong": "**a " * 15_000,
    "strong and emphasis": "**_*" * 10_000,
    "underscores": "a_" * 30_000,
    "strikes": "~~a" * 15_000,
    "tildes": "~" * 50_000,
    # openers and signs without an end
    "backticks": "`" * 50_000,
    "longer and longer backticks": "".join("a" + "`" * length for length in range(300)),
    "angles": "<" * 50_000,
    "tags": "<a " * 20_000,
    "addresses": "<http://a" * 8_000,
    "ampersands": "&" * 50_000,
    "entities": "&#x" * 20_000,
    "backslashes": "\\" * 50_000,
    "escapes": "\\[" * 20_000,
    "dollars": "$a " * 20_000,
    "dollars and blanks": "$ " * 20_000,
    "formulas": "\\(" * 20_000,
    "displayed formulas": "$$\n" * 20_000,
    # huge
    "a wide table": HUGE_TABLE,
    "a long table": "| a | b |\n|---|---|\n" + "| 1 | **2** |\n" * 8_000,
    "a table's bars": "|" * 50_000,
    "a list": "- a\n" * 20_000,
    "a list behind tabs": "\t- a\n" * 5_000,
    "rules": "- - " * 10_000,
    "rules in lines": "***\n" * 20_000,
    "headings": "a\n=\n" * 10_000,
    "references": "[a]: x\n" * 5_000,
    "words without a newline": "word " * 200_000,
    "a word without an end": "x" * 1_000_000,
    "paragraphs": "a *b*\n\n" * 40_000,
    # code
    "fences": "```\n" * 20_000,
    "strings in python": "```python\n" + 'x = "a' * 8_000,
    "lines of python": "```python\n" + 'def f(x): return "abc" # hi\n' * 3_000,
    "brackets in json": "```json\n" + "[ " * 15_000,
    "tags in html": "```html\n" + "<a " * 10_000,
    "strings in sql": "```sql\n" + "select '" * 4_000,
    "empty lines of ipython": "```ipython\n" + "\n" * 30_000 + "```\n",
    "one line of ini": "```ini\n" + "=" * 30_000 + "\n```\n",
    "one line of ocaml": "```ocaml\n" + "1" * 30_000 + "\n```\n",
    "a page of hcl": "```hcl\n" + ("-" * 900 + "\n") * 33 + "```\n",
}
TOO_DEEP = ["quotes in lines", "lists", "lists in one line"]
TOO_LONG = ["paragraphs", "words without a newline", "a word without an end"]
TOO_SLOW = ["brackets", "images", "images in images", "links", "strong and emphasis", "a wide table", "a list"]
