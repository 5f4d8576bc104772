"""What other systems add to Markdown is read as a reader sees it."""

import pytest

from b12assistant.loaders import load, markdown
from b12assistant.loaders.dialects import shown_markdown


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        pytest.param("```{note}\nBoil it.\n```", "Boil it.", id="myst-directive"),
        pytest.param(
            "````{tip} Lime\n:class: x\n\nBoil.\n\n```{code} sh\nls\n```\n````", "Lime\n\nBoil.\n\nls", id="nested"
        ),
        pytest.param(":::{warning}\nIt is hot.\n:::", "It is hot.", id="myst-colons"),
        pytest.param("```{toctree}\n:maxdepth: 2\nintro\n```\nText.", "Text.", id="contents"),
        pytest.param("```{code-block} ini\n:caption: x\n[a]\nb = 1\n```", "[a]\nb = 1", id="code-block"),
        pytest.param("```{versionadded} 2.3\nIt beeps.\n```", "Added in version 2.3: It beeps.", id="version"),
        pytest.param("(top)=\n# Name\n\nSee {ref}`top`.", "Name\n\nSee Name.", id="label-of-the-file"),
        pytest.param(
            "See {ref}`the list <far>`, {file}`~/.c` and {func}`~a.b`.", "See the list, ~/.c and b.", id="roles"
        ),
        pytest.param("- a\n\n    see {doc}`x <y>`", "a\n\nsee x", id="role-in-a-list"),
        pytest.param("H{sub}`2`O", "H₂O", id="lowered"),
        pytest.param("% hidden\n{ref}`x`", "x", id="comment"),
        pytest.param("One[^n] two.\n\n[^n]: A note.", "One¹ two.\n\nA note.", id="note"),
        pytest.param(":::tip[Save power]\nOff.\n:::", "Save power\n\nOff.", id="docusaurus"),
        pytest.param(
            "import X from '@site/x';\n\n<Tabs><TabItem value='a'>\n\nPress.\n\n</TabItem></Tabs>", "Press.", id="mdx"
        ),
        pytest.param(
            '!!! warning "Hot"\n    The plate\n\n    burns.\n\nEnd.', "Hot\n\nThe plate\n\nburns.\n\nEnd.", id="mkdocs"
        ),
        pytest.param('=== "Linux"\n\n    Run it.', "Linux\n\nRun it.", id="mkdocs-tab"),
        pytest.param("Press ++ctrl+c++, or [go](x){ .md-button }", "Press ctrl+c, or go", id="keys-and-attributes"),
        pytest.param("{{< notice >}}\nHot.\n{{< /notice >}}", "Hot.", id="hugo-pair"),
        pytest.param('[Go]({{< ref "x.md" >}}) on.', "Go on.", id="hugo-link"),
        pytest.param("{% include x.html %}\n\nText.\n{: .note }", "Text.", id="jekyll"),
        pytest.param("{% highlight sh %}\n{{ kept }}\n{% endhighlight %}", "{{ kept }}", id="jekyll-code"),
        pytest.param("{% comment %}no{% endcomment %}yes", "yes", id="jekyll-comment"),
    ],
)
def test_the_text_is_what_a_reader_sees(source: str, visible: str) -> None:
    assert markdown.load(source.encode()).text.strip() == visible


@pytest.mark.parametrize(
    "source", ["Every {{ site.months }} months.", 'See {{< figure "x" >}}.', "So {math}`a^2` it is."]
)
def test_what_the_system_fills_in_has_no_text(source: str) -> None:
    assert "\ufffc" in markdown.load(source.encode()).text


@pytest.mark.parametrize(
    "source",
    [
        "```\n{{ x }} {ref}`y` :::note\n```",
        "Use `{{ x }}` and ``{a}`b` ``.",
        "    !!! note\n    {{ x }}",
        "C++ and C++ or {a, b} of 3++.",
        "100 % of them: 5 % more.\n% is a sign",
        "# Feet\n\n1. one\n2. two",
        "+++\nnot front matter\n+++",
    ],
)
def test_plain_markdown_stays_as_it_is(source: str) -> None:
    assert shown_markdown(source) == source


def test_front_matter_in_toml_is_passed_on() -> None:
    extract = markdown.load(b'+++\ntitle = "Feet"\ntags = ["a"]\n[params]\nx = 1\n+++\nText.\n')
    assert extract.text == "Text."
    assert extract.front == '+++\ntitle = "Feet"\ntags = ["a"]\n[params]\nx = 1'


def test_a_page_of_docusaurus_is_markdown() -> None:
    assert load(b"# Feet\n\nThey tingle.\n", "a.mdx").title == "Feet"
