"""Tokens before sending: an estimate, of the right order for prose, code, tables and other scripts."""

import time

import pytest

from ofox_magic import tokenizer
from ofox_magic.chat.estimate import PER_MESSAGE, tokens, tokens_of
from ofox_magic.chat.messages import user
from ofox_magic.chat.parts import Image, Reasoning, Table, Text, ToolCall, ToolResult
from ofox_magic.chat.transport import Request
from ofox_magic.gateway.prices import CataloguePrices

COUNTED = {
    "English": (
        76,
        """Sales fell in March for the second year running. The drop is not spread evenly: three stores in the north
account for most of it, and all of them were closed for repairs. If those weeks are left out, revenue per open day
rose by a little over two percent, which is roughly what we saw everywhere else. I would not read a trend into it.""",
    ),
    "Python": (
        112,
        '''def rolling_mean(values: list[float], window: int = 7) -> list[float]:
    """Return the mean of each window of values."""
    if window < 1:
        raise ValueError(f"window must be positive, got {window}")
    total, means = 0.0, []
    for index, value in enumerate(values):
        total += value - (values[index - window] if index >= window else 0.0)
        means.append(total / min(index + 1, window))
    return means
''',
    ),
    "CSV": (
        124,
        """date,store,units,revenue,returned
2026-03-01,north,118,2391.50,0.021
2026-03-02,north,97,1988.25,0.034
2026-03-03,south,203,4120.00,0.012
2026-03-04,east,,,
2026-03-05,west,155,3098.75,0.019
2026-03-06,"Main St, 14",88,1702.10,0.041
""",
    ),
    "JSON": (
        107,
        """[{"id": 17, "name": "north", "open": true, "ratio": 0.7315086249, "tags": ["shop", "closed"]},
 {"id": 18, "name": "south", "open": false, "ratio": 0.0288107412, "tags": []},
 {"id": 19, "name": null, "open": true, "ratio": 1.5e-07, "tags": ["depot"]}]
""",
    ),
    "Chinese": (
        73,
        """三月份的销售额连续第二年下降。下降并不均匀：北方的三家门店占了大部分，而且它们都因装修而停业。
如果去掉这几周，每个营业日的收入增长了百分之二多一点，与其他地区大致相同。我不认为这说明了什么趋势。""",
    ),
    "Russian": (
        77,
        """Продажи в марте снизились второй год подряд. Снижение распределено неравномерно: большая его часть приходится
на три магазина на севере, и все они были закрыты на ремонт. Если не учитывать эти недели, выручка за рабочий день
выросла чуть больше чем на два процента, примерно как и в остальных регионах.""",
    ),
    "German": (
        65,
        """Der Umsatz ist im März zum zweiten Mal in Folge gesunken. Der Rückgang ist ungleich verteilt: Drei Filialen im
Norden machen den größten Teil aus, und alle waren wegen Renovierungsarbeiten geschlossen. Ohne diese Wochen stieg der
Umsatz je Öffnungstag um etwas mehr als zwei Prozent.""",
    ),
    "Japanese": (
        76,
        """三月の売上は二年連続で減少した。減少は均等ではなく、北部の三店舗が大半を占めており、いずれも改装のため
休業していた。その週を除くと、営業日あたりの売上は二パーセント強増えている。""",
    ),
    "LaTeX": (
        93,
        r"""\begin{align} \hat{\beta} &= (X^\top X)^{-1} X^\top y \\ \mathrm{Var}(\hat{\beta}) &= \sigma^2 (X^\top X)^{-1}
\end{align} where $\sigma^2 = \frac{1}{n-p} \sum_{i=1}^{n} (y_i - x_i^\top \hat{\beta})^2$.""",
    ),
    "Markdown table": (
        78,
        """| store | units | revenue | returned |
| --- | ---: | ---: | ---: |
| north | 118 | 2,391.50 | 2.1 % |
| south | 203 | 4,120.00 | 1.2 % |
| west | 155 | 3,098.75 | 1.9 % |
""",
    ),
    "Arabic": (
        43,
        "انخفضت المبيعات في مارس للعام الثاني على التوالي. الانخفاض غير موزع بالتساوي: ثلاثة متاجر في الشمال تمثل معظمه، وكانت كلها مغلقة للإصلاح.",
    ),
    "Hindi": (
        37,
        "मार्च में बिक्री लगातार दूसरे वर्ष घटी। गिरावट समान नहीं है: उत्तर की तीन दुकानें इसका अधिकांश भाग हैं, और वे सभी मरम्मत के लिए बंद थीं।",
    ),
    "Thai": (
        43,
        "ยอดขายในเดือนมีนาคมลดลงเป็นปีที่สองติดต่อกัน การลดลงไม่ได้กระจายเท่ากัน ร้านค้าสามแห่งทางภาคเหนือปิดซ่อมแซม",
    ),
    "base64": (
        272,
        "OLTmUuRNp/I3DZ4mDicTZVCko6bQf1wMMy+LEiQIP9IrkC+JEegYGPjJnV1dmDGVdQTZDpRd4uj1TueBzHX2NthQmQlaowAWWmcDb5tUDWuPC+IRJBecPdn3OBfObhGNJkqtbLbdIQ+vlKzTz5LBkCN8sR9dEIzyWTAmOTizcKG1dp+g8Ug/lakNnfLxMNYPzwS9k/UK5pUU2oxlnOKxDMza6/mQ0Zg4sNfsCz6XgY7LlsTbrb4XIpbVI0pCskxrpObtJOxjaorAoSceWGYnkjiq+E5YBW2PL6jt0JS6l66LFUQu4tthGpG/45RpczqSR9WPo8VQGDADclVf0jXxGCn7OIwi5Ey2N/ASEMNwepC0BUIPsWl3nt+1uTQkBRV/VLEurmLRHoh+sHZt",
    ),
    "emoji": (
        21,
        "Great 🎉🎉 result 👍🏽 for the team 👩\u200d💻 🚀🚀",
    ),
    "Korean": (
        69,
        "3월 매출이 2년 연속으로 감소했다. 감소는 고르게 퍼져 있지 않다. 북부의 세 매장이 대부분을 차지하며 모두 수리를 위해 문을 닫았다. 그 주를 빼면 영업일당 매출은 2퍼센트 남짓 늘었다.",
    ),
    "French": (
        43,
        "Les ventes ont baissé en mars pour la deuxième année consécutive. La baisse n'est pas répartie également : trois magasins du nord en représentent la plus grande part, et tous étaient fermés pour travaux.",
    ),
    "Spanish": (
        39,
        "Las ventas cayeron en marzo por segundo año consecutivo. La caída no se reparte por igual: tres tiendas del norte representan la mayor parte, y todas estaban cerradas por reformas.",
    ),
    "SQL": (
        68,
        "SELECT s.name, SUM(o.revenue) AS total FROM orders o JOIN stores s ON s.id = o.store_id WHERE o.day BETWEEN '2026-03-01' AND '2026-03-31' GROUP BY s.name HAVING SUM(o.revenue) > 1000 ORDER BY total DESC LIMIT 10;",
    ),
    "traceback": (
        99,
        'Traceback (most recent call last):\n  File "<ipython-input-3-8f2c>", line 4, in <module>\n    frame.loc["2026-03"].groupby("store").revenue.sum()\n  File "/usr/lib/python3.11/site-packages/pandas/core/indexing.py", line 1073, in __getitem__\n    return self._getitem_axis(maybe_callable, axis=axis)\nKeyError: \'2026-03\'\n',
    ),
    "log": (
        156,
        "2026-03-14 09:26:53,589 ERROR [worker-3] app.jobs.sync: retry 2/5 failed: ConnectionResetError(104, 'Connection reset by peer') id=8f14e45f\n2026-03-14 09:26:53,589 ERROR [worker-3] app.jobs.sync: retry 2/5 failed: ConnectionResetError(104, 'Connection reset by peer') id=8f14e45f\n2026-03-14 09:26:53,589 ERROR [worker-3] app.jobs.sync: retry 2/5 failed: ConnectionResetError(104, 'Connection reset by peer') id=8f14e45f\n",
    ),
    "identifiers": (
        101,
        "f3b4c1de-9a77-4c1b-8f6d-0e2a4b5c6d7e 550e8400-e29b-41d4-a716-446655440000 0x7ffeefbff5c8 sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ),
    "long numbers": (
        97,
        "31415926535897932384626433832795028841971693993751058209749445923078164062862089986280348253421170679\n-0.000123456789 6.02214076e+23 1234567890123456 2147483648 18446744073709551616 192.168.100.254 2026-11-28T12:31:07.123456Z\n",
    ),
    "indentation": (
        23,
        "if x:\n        if y:\n                return   1\n\n\n\n\t\t\tpass\n    \n    \n      a     b          c\n",
    ),
    "empty lines": (
        5,
        "\n" * 60,
    ),
}
"""
Texts, and the tokens that OpenAI's o200k_base makes of them, as counted by two implementations of it: tiktoken 0.14.0 and
bpe-openai 0.1.4, whose vocabulary has the SHA-256 that tiktoken asks for.
"""


@pytest.mark.parametrize(("count", "text"), COUNTED.values(), ids=COUNTED)
def test_a_text_is_estimated_within_a_quarter_of_what_a_tokenizer_counts(count, text):
    assert abs(tokens(text) - count) <= 0.25 * count


@pytest.mark.parametrize(("count", "text"), COUNTED.values(), ids=COUNTED)
def test_the_counts_are_those_of_the_tokenizer_where_it_is_installed(count, text):
    pytest.importorskip("bpe_openai")
    assert tokenizer.tokens_of_text(text) == count


def test_a_tokenizer_takes_every_text():
    pytest.importorskip("bpe_openai")
    assert tokenizer.tokens_of_text("x\ud800y") == 3
    assert tokenizer.tokens_of_text("好" * 300_000) >= 100_000
    assert tokenizer.tokens_of_text("") == 0


def test_without_a_tokenizer_a_text_is_estimated(monkeypatch):
    monkeypatch.setattr(tokenizer, "_is_installed", lambda: False)
    assert tokenizer.tokens_of_text("hello there") == tokens("hello there")


def test_a_request_is_counted_by_what_was_handed_in():
    prices = CataloguePrices(lambda model: None, lambda: None, len)
    assert prices.estimate(Request("m", (user("12345", Reasoning("no")),)), 10).prompt_tokens == 5 + PER_MESSAGE


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("", 0, 0),
        ("The quick brown fox jumps over the lazy dog.", 9, 12),
        ("x = [1, 2, 3]\nprint(x)\n", 10, 18),
        ("1234567", 3, 3),
        ("数据分析", 3, 6),
        ("Быстрая лиса прыгает", 6, 12),
        ("2026-01-01,12.5,left\n" * 10, 90, 170),
    ],
)
def test_a_text_is_about_as_many_tokens_as_its_words_and_signs(text, low, high):
    assert low <= tokens(text) <= high


def test_a_part_counts_what_is_sent_of_it():
    table = Table("a,b\n1,2", 1, 2, "df")
    assert tokens(table) == tokens(table.sent)
    assert tokens(Text("hello")) == tokens("hello")
    assert tokens(Reasoning("long thoughts")) == 0


def test_a_call_counts_its_name_and_arguments_and_a_result_its_text():
    assert tokens(ToolCall("id", "weather", "{}")) == tokens("weather") + tokens("{}")
    assert tokens(ToolResult("id", "sunny")) == tokens("sunny")


@pytest.mark.parametrize("piece", ["a", "aB", " ", "\n", "好", "e\u0301", "1,", "\U0001f389"], ids=ascii)
def test_a_long_text_takes_time_by_its_length(piece):
    began = time.process_time()
    tokens(piece * (500_000 // len(piece)))
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("width", "height", "detail", "expected"),
    [
        (100, 100, "low", 85),
        (512, 512, None, 85 + 170),
        (1024, 1024, "high", 85 + 4 * 170),
        (128, 64, "high", 85 + 170),
        (2048, 4096, "high", 85 + 6 * 170),
        (4096, 8192, "high", 85 + 6 * 170),
        (513, 513, None, 85 + 4 * 170),
        (10_000, 1, "auto", 85 + 4 * 170),
        (None, None, None, 1105),
    ],
)
def test_a_picture_counts_by_tiles(width, height, detail, expected):
    assert tokens(Image(b"x", width=width, height=height, detail=detail)) == expected


def test_messages_cost_a_little_beside_their_parts():
    assert tokens_of([user("hello"), user("again")]) == tokens("hello") + tokens("again") + 2 * PER_MESSAGE
