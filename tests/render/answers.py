"""Answers as models write them, by what they hold."""

ANSWERS = {
    "a report": """\
# Sales by region

The **north** sold most, *by far*: see [the data](https://data.example.org/sales) or `df.head()`. It cost $5 or $10.

| region | sum | share |
|:-------|----:|:-----:|
| north  | 120 | 60 %  |
| south  |  80 | 40 %  |

Setext too
----------

> A quotation, with **bold**
and a lazy line.
>
> - and a list

***

![chart](https://charts.example.org/p.png) and ~~struck~~ text.
""",
    "steps": """\
To set it up:

1. Install it:

   ```bash
   pip install thing  # a comment
   ```

2. Load it

   1. in a notebook
   2. in a shell
      - with `-v`
      - [ ] without

10. Ten comes
* another
* list

  with a paragraph

- [x] done
- [ ] to do
""",
    "mathematics": r"""
Euler's $e^{i\pi} + 1 = 0$, and \(a^2 + b^2 = c^2\). Displayed:

$$
\int_0^\infty e^{-x^2}\,dx = \frac{\sqrt{\pi}}{2}
$$
\[ \begin{aligned} x &= 1 \\ y &= 2 \end{aligned} \]

- an item with
  $$
  x = 1
  $$

$$ never closed
x = 2

$$ closed $$ and $\href{javascript:alert(1)}{x}$
""",
    "code": '''\
Use this:

```python
def mean(values):
    """The mean, or 0."""

    return sum(values) / len(values) if values else 0.0  # no division by zero
```

~~~
plain ``` inside
~~~
    indented code

    goes on

````md
```python
x = 1
```
````
The end, with `a ``b`` c`.

```sql
SELECT name FROM t
''',
    "windows": "# Title\r\n\r\n- a\r\n- b\r\n\r\n```py\r\nx = 1\r\n```\r\n\r\n| a | b |\r\n|---|---|\r\n| 1 | 2 |\r\n\r\nend\r\rof it",
}
