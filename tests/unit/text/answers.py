"""Answers as models write them, and texts made of the pieces that go wrong."""
# ruff: noqa: E501

from hypothesis import strategies as st

CODE = '''Sure! Here's a small function:

```python
def add(a, b):
    """Add **two** numbers."""

    return a + b
```

Call it like `add(1, 2)` — it returns `3`.

~~~
plain fence

with ``` inside
~~~
'''

NESTED = """To set it up:

1. **Install** the package:
   ```bash
   pip install parley
   ```
2. Configure it
   - set `host`
   - set `port`
     - default: *8080*
   - done

   A paragraph in the item.
3. Run it

- [x] tested
- [ ] documented
- [X] ~~dropped~~

* loose one

* loose **two**

Notes:
- first
- second with [a link](https://example.com/a_(b)?q=1&r=2)
+ other list
"""

TABLES = """## Comparison

| Name | Speed | Price |
|:-----|:-----:|------:|
| *Alpha* | `fast` | $5 |
| Beta \\| co | slow | $10 |

Text directly after.
| a | b |
|---|---|
| 1 | 2 |
Setext heading
==============
last **words**
"""

MATH = """The roots of $ax^2 + bx + c = 0$ are

$$
x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}
$$

It costs $5 or $10, and $$E = mc^2$$ is inline.
$$ \\sum_i i $$
End.
"""

CJK = """**你好**，世界！这是一个`测试`。

- 第一项
- 第二项：**重要**内容

> 引用的文字，*强调*。

これは**太字**です。한국어 텍스트도 있습니다.
"""

EMOJI = "Family 👨‍👩‍👧‍👦 flags 🇩🇪🇪🇸 skin 👍🏽 keycap 1️⃣ heart ❤️\n\n# 🎉 Done!\n\n- 🚀 **launch**\n- 🧪 test\n"

RTL = "مرحبا **بالعالم**، هذا `كود`.\n\n1. العنصر الأول\n2. می‌خواهم نیم‌فاصله\n\n> שלום עולם\n\nक्‍ष और क्‌ष\n"

MIXED = """# Title

Intro with __bold__, _it_, ***both***, snake_case_name, 2 * 3 * 4 and a hard\x20\x20
break.
***
> Quote line one
lazy continuation
> - list in quote
>   ```js
>   let a = `x`;
>   ```

![logo](https://example.com/logo.png) [bad](javascript:alert(1)) <https://auto.link> <b>html</b> &amp; &#8238;

    indented code

Term\\
next line
1) paren list
2) second
---
tail
"""

LONG = "\n\n".join(f"{n}. Paragraph number {n} with **bold {n}** and `code {n}` and plain words." for n in range(1, 40))

ANSWERS = [CODE, NESTED, TABLES, MATH, CJK, EMOJI, RTL, MIXED, LONG]

_PIECES = [
    "a", "b c", " ", "  ", "\n", "\n\n", "\t", "    ", "# ", "#", "- ", "* ", "+ ", "1. ", "2) ", "10. ", "> ", ">", "`", "``",
    "```", "```py\n", "\n```\n", "~~~", "~~", "*", "**", "_", "__", "***", "---", "\n---\n", "===", "|", "| a | b |\n", "|-|-|\n",
    "|---|:-:|\n", "[", "]", "(", ")", "](", "[x](http://e.x)", "[ ] ", "[x] ", "![", "<", ">", "&amp;", "&#x202e;", "\\", "$", "$$",
    "$$\n", "$x$", "é", "日本", "👍🏽", "\u200d", "\u200b", "\u202e", "\r\n", "\r", "\x00", "\x1b", "\ud800", "!", ".", "1", "  \n",
    "- a\n", "- b\n\n", "  c\n", "1. a\n", "2. b\n", "```\n", "x\n",
]  # fmt: skip

soup = st.lists(st.sampled_from(_PIECES), max_size=30).map("".join)
anything = st.one_of(soup, st.text(st.characters(exclude_categories=())), st.sampled_from(ANSWERS))
