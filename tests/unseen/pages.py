"""HTML, and Markdown with HTML, with a plain sentence and one that no reader sees, or that every reader does."""

from __future__ import annotations

import re

from unseen.pdfs import BLEACH, PLAIN


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head>{head}</head><body><p>{PLAIN}</p>\n{body}\n</body></html>".encode()


def _styled(style: str) -> bytes:
    return page(f"<p style='{style}'>{BLEACH}</p>")


def _ruled(rules: str, body: str = "<p class=x>{}</p>") -> bytes:
    return page(body.format(BLEACH), f"<style>{rules}</style>")


_STYLES_UNSEEN = (
    *("display:none", "visibility:hidden", "opacity:0", "opacity:.01", "opacity:.05", "opacity:calc(0)", "font-size:0"),
    *("font-size:1px", "font-size:calc(0px)", "font-size:min(0px,1em)", "font-size:clamp(0px,1px,1px)", "zoom:.01"),
    *("font-size:max(0px,1px)", "font:0/0 a", "font:calc(1px)/1 serif", "transform:scale(0)", "transform:scale(.01)"),
    *(
        "transform:matrix(0,0,0,0,0,0)",
        "transform:rotateY(90deg)",
        "transform:rotateX(.25turn)",
        "scale:.001",
        "scale:0",
    ),
    *("transform:translateX(-200%)", "transform:translate(calc(-9999px))", "translate:-300vw", "rotate:y 90deg"),
    *("position:absolute;left:-9999px", "position:absolute;left:calc(-1*9999px)", "position:fixed;top:-200vh"),
    *("position:absolute;inset-inline-start:-9999px", "position:absolute;left:-100%;width:50%", "margin-left:-9999px"),
    *("margin-inline-start:-9999px", "margin-left:calc(-2000px)", "margin-top:-300%", "text-indent:-9999px"),
    *(
        "text-indent:calc(-9999px)",
        "text-indent:-500%;overflow:hidden",
        "text-indent:100%;overflow:hidden",
        "text-indent:100%;white-space:nowrap;overflow:hidden",
        "color:#fff",
        "color:white",
        "color:snow",
    ),
    *(
        "color:transparent",
        "color:oklch(1 0 0)",
        "color:lab(100 0 0)",
        "color:color(srgb 1 1 1)",
        "color:hwb(0 100% 0%)",
    ),
    *(
        "color:color-mix(in srgb,white,white)",
        "color:light-dark(white,black)",
        "color:Canvas",
        "color:rgb(none none none/0)",
    ),
    *(
        "color:teal;background:teal",
        "color:oklch(.5 .1 200);background:oklch(.5 .1 200)",
        "color:#fdfdfd",
        "color:#f4f4f4",
    ),
    *("color:black;background:linear-gradient(black,black)", "color:white;background:linear-gradient(white,white)"),
    *("color:white;background:url(data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=)",),
    *("-webkit-text-fill-color:transparent", "-webkit-text-fill-color:oklch(1 0 0)", "color:rgba(0,0,0,.02)"),
    *("clip-path:inset(50%)", "clip-path:inset(0 900px 0 0)", "clip-path:circle(1px)", "clip-path:url(#none)"),
    *(
        "clip-path:polygon(0 0,1px 0,0 1px)",
        "clip-path:rect(0 0 0 0)",
        "clip-path:xywh(0 0 0 0)",
        'clip-path:path("M0 0")',
    ),
    *(
        "position:absolute;clip:rect(0,0,0,0)",
        "position:absolute;clip:rect(0px,calc(0px),0px,0px)",
        "filter:opacity(0)",
    ),
    *(
        "filter:brightness(9)contrast(0)",
        "filter:invert(1) brightness(9)",
        "filter:blur(90px)",
        "mix-blend-mode:screen",
    ),
    *("mask:linear-gradient(transparent,transparent)", "-webkit-mask-image:linear-gradient(#0000,#0000)"),
    *(
        "height:0;overflow:hidden",
        "height:calc(0px);overflow:hidden",
        "block-size:0;overflow:clip",
        "max-height:0;overflow:hidden",
    ),
    *(
        "max-block-size:0;overflow:hidden",
        "width:0;white-space:nowrap;overflow:hidden",
        "inline-size:0;height:1em;overflow:hidden",
    ),
    *(
        "line-height:0;overflow:hidden",
        "content-visibility:hidden",
        "letter-spacing:-1em",
        "-webkit-text-security:disc;font-size:3px",
    ),
    *(
        "display:grid;grid-template-rows:0fr;overflow:hidden;height:0",
        "backface-visibility:hidden;transform:rotateY(180deg)",
    ),
    *(
        "position:absolute;z-index:-1;color:white",
        "animation:none 1s;opacity:0",
        "padding-left:9999px;height:1em;overflow:hidden",
    ),
    *("transform:translate(100vw)", "transform:scale3d(1,0,1)", "position:absolute;right:9999px", "margin-left:3000px"),
    *("position:absolute;bottom:9999px", "position:fixed;top:100vh", "letter-spacing:9999px"),
    *("line-height:1px;overflow:hidden", "display:none;display:foo", "font-size:calc(1px + 1px)", "font:700 1px serif"),
    # in part
    "width:90px;white-space:nowrap;overflow:hidden",
    "height:80px;padding-top:75px;box-sizing:border-box;overflow:hidden",
)
_RULES_UNSEEN = (
    ".x{display:none}",
    "p:nth-child(2){display:none}",
    "p:where(.x){display:none}",
    "p:not(:target).x{display:none}",
    ":is(p).x{opacity:0}",
    ".x:lang(en),.x{visibility:hidden}",
    "p:not(:hover):not(.y)+p{font-size:0}",
    "@layer a{.x{display:none}}",
    "@layer b,a;@layer a{.x{display:none}}@layer b{}",
    "@scope(body){.x{display:none}}",
    "@supports not (display:foo){.x{display:none}}",
    "@supports (display:grid){.x{display:none}}",
    "@container (min-width:1px){.x{display:none}}body{container-type:inline-size}",
    "@media (hover:hover){.x{display:none}}",
    "@media (min-aspect-ratio:1/9){.x{display:none}}",
    "@media not print{.x{display:none}}",
    "@media (width>100px){.x{display:none}}",
    "@media (prefers-color-scheme:light){.x{display:none}}",
    "@media (100px<=width){.x{display:none}}",
    "@media (pointer:fine){.x{display:none}}",
    ".\\78{display:none}",
    ".x{d\\69splay:none}",
    ".x{display:n\\6fne}",
    "<!-- .x{display:none} -->",
    '@import url("data:text/css,.x{display:none}");',
    ".x{--h:none;display:var(--h)}",
    ":root{--c:white}.x{color:var(--c)}",
    ".x{--c:red}.y{--c:white}.x{color:var(--c)}p.x{--c:white}",
    ".x{color:red;color:white}",
    ".x{animation:a 1s forwards}@keyframes a{to{opacity:0}}",
    'body{position:relative}body::after{content:"";position:fixed;inset:0 0 0 0;top:45px;background:#fff}',
    'body::after{content:"";position:absolute;top:40px;left:0;width:100%;height:100%;background:white}',
    '.x{position:relative}.x::before{content:"";position:absolute;inset:0;background:#fff}',
    "body{--w:0}.x{max-height:var(--w);overflow:hidden}",
    ".x{& {display:none}}",
    "html .x{all:unset;display:none}",
    "p{color:inherit}.x{color:Field}",
    ".x::first-line{color:white}",
)
_BODIES_UNSEEN = (
    "<p hidden>{}</p>",
    "<div popover>{}</div>",
    "<dialog>{}</dialog>",
    "<details><summary>More</summary><p>{}</p></details>",
    "<div><template shadowrootmode=open>Nothing here.</template><p>{}</p></div>",
    "<template>{}</template>",
    "<noscript>{}</noscript>",
    "<math><mphantom><mtext>{}</mtext></mphantom></math>",
    "<svg width=0><text>{}</text></svg>",
    "<font color=white>{}</font>",
    "<table bgcolor=black><tr><td><font color=black>{}</font></table>",
    "<div style='position:relative'><p>{}</p><div style='position:absolute;inset:0;background:#fff'></div></div>",
    "<div style='position:relative'>{}<p style='position:absolute;top:0;left:0;width:99%;height:99%;background:#fff'>",
    "<p>{}</p><p style='margin-top:-60px;height:80px;background:white;position:relative'></p>",
    "<div style='background:#000;height:10px;width:9px'><p style='color:#fff;margin-top:60px'>{}</p></div>",
    "<p id=gone>{}</p><script>document.getElementById('gone').remove()</script>",
    "<p id=gone>{}</p><script>document.querySelector('#gone').style.display='none'</script>",
    "<link rel=stylesheet href='data:text/css,.x%7Bdisplay:none%7D'><p class=x>{}</p>",
)
# The plain sentence may be hidden too.
_RULES_OVER_ALL = (
    "p::first-letter{font-size:0}",
    ".x::before{content:'';position:absolute;width:900px;height:30px;background:#fff}",
    ".x::before{content:'';display:block;margin-bottom:-50px;height:50px;background:#fff;position:relative;z-index:2}",
)
_BODIES_OVER_ALL = (
    "<div style='position:absolute;width:100%;height:100%;background:white'></div><p>{}</p>",
    "<p>{}</p><canvas style='position:absolute;top:0;left:0;width:100%;height:100%;background:#fff'></canvas>",
    "<p>{}</p><div style='position:fixed;inset:0;background:#fff'>Twenty letters and more of another text.</div>",
    "<p>{}</p><table style='position:absolute;top:0;left:0;width:100%;height:100%' bgcolor=white><tr><td></table>",
    "<p>{}</p><div style='position:fixed;top:0;left:0;border:900px solid white'></div>",
    "<p>{}</p><div style='position:fixed;top:50px;left:50px;box-shadow:0 0 0 2000px #fff'></div>",
    "<p>{}</p><div style='position:relative;top:-60px;height:80px;background:white'></div>",
    "<p>{}</p><div style='transform:translateY(-60px);height:80px;background:white'></div>",
    "<p id=gone>{}</p><script>gone.remove()</script>",
    "<p id=gone>{}</p><script>document.body.children[1].remove()</script>",
    "<p id=gone>{}</p><script>document.getElementsByTagName('p')[1].remove()</script>",
    "<p>{}</p><script>document.body.innerHTML=''</script>",
    "<p>{}</p><script>document.write('<style>p{{display:none}}</style>')</script>",
    "<p>{}</p><img src=x onerror=\"document.querySelectorAll('p')[1].remove()\">",
)
BOTH = (*_RULES_OVER_ALL, *_BODIES_OVER_ALL)
UNSEEN: dict[str, bytes] = (
    {style: _styled(style) for style in _STYLES_UNSEEN}
    | {rules: _ruled(rules) for rules in (*_RULES_UNSEEN, *_RULES_OVER_ALL)}
    | {body: page(body.format(BLEACH)) for body in (*_BODIES_UNSEEN, *_BODIES_OVER_ALL)}
)

# Found by a later attack: 517 pages made by hand, of which these were quoted, and Chromium drew none of them.
_LATER_STYLES = r"""
padding-left:9999px;overflow:hidden
padding-left:2000px;overflow:hidden;white-space:nowrap
border-left:9999px solid white;overflow:hidden
transform-origin:0 -900px;transform:rotate(180deg)
transform-origin:-2000px -2000px;rotate:90deg
transform-origin:3000px 0;scale:2.9
color:black;box-shadow:inset 0 0 0 900px #000
color:black;box-shadow:inset 0 900px #000
color:black;border-image:linear-gradient(#000,#000) 1 fill/900px
display:table-column
display:table-column-group
overflow:hidden;aspect-ratio:9999;width:90%
min-height:0;height:0;overflow-block:hidden
"""
_LATER_RULES = r"""
@font-face{font-family:b;src:local("DejaVu Sans");size-adjust:1%}.x{font-family:b}
@font-face{font-family:b;src:local("DejaVu Sans");size-adjust:0%}body{font:16px b}
@media not all and (max-width:9px){.x{display:none}}
.x::after{content:"";position:absolute;left:0;padding:99px 999px;background:#fff}
body{display:grid}body>*{grid-area:1/1}body::after{content:"";grid-area:1/1;background:#fff;z-index:3}
:root{--a:initial}.x{opacity:var(--a,0)}
p:first-child{position:relative;z-index:2;background:#fff;margin-bottom:-50px;height:90px}
p:first-child{outline:90px solid white;position:relative}
p:first-child{box-shadow:0 50px 0 40px #fff;position:relative}
p:first-child{border-bottom:90px solid #fff;margin-bottom:-90px;position:relative}
p:first-child{padding-bottom:90px;margin-bottom:-90px;background:#fff;position:relative}
p:first-child{height:16px}p:first-child::after{content:"";display:block;height:99px;background:#fff;position:relative}
"""
_WORDS = "Sleep well, all of you, and tomorrow too."
_LATER_BODIES = r"""
<p>{}</p><hr style="position:relative;top:-40px;border:25px solid white">
<p>{}</p><hr style="transform:translateY(-40px);border:25px solid white">
<p>{}</p><hr color=white size=60 style="margin-top:-50px;position:relative">
<p>{}</p><hr style="box-shadow:0 -30px 0 30px white;position:relative;border:0">
<p>{}</p><hr style="outline:60px solid white;border:0">
<p>{}</p><div style="transform:scale(3);background:#fff;height:40px"></div>
<p>{}</p><div style="transform:matrix(1,0,0,1,0,-60);background:#fff;height:90px"></div>
<p>{}</p><div style="scale:1 9;background:#fff;height:30px"></div>
<p>{}</p><img src=x alt="" style="margin-top:-60px;height:90px;width:900px;background:#fff;position:relative">
<p>{}</p><input style="position:absolute;top:40px;left:0;width:100%;height:99px;background:#fff;border:0">
<p>{}</p><dialog open style="top:40px;left:0;width:100%;height:99px;border:0">Sleep.</dialog>
<p style="height:0;margin:0">{}</p><div style="opacity:.999;background:#fff;height:90px">Sleep</div>
<span>{}</span><span style="margin-left:-600px;padding-right:700px;background:#fff"></span>
<p style="margin-bottom:-60px">{}</p><div style="position:relative;height:90px;background:#fff"></div>
<p style="position:relative;top:60px">{}</p><div style="position:relative;height:99px;background:#fff"></div>
<p style="position:absolute">{}</p><div style="position:relative;height:99px;background:#fff"></div>
<p style="transform:translateY(40px)">{}</p><div style="position:relative;height:99px;background:#fff"></div>
<table><col style="visibility:collapse"><tr><td>{}</table>
<table><colgroup style="visibility:collapse"><tr><td>{}</table>
<p id=z>{}</p><script>document["getElementById"]("z").remove()</script>
<p id=z>{}</p><script>window.z.remove()</script>
<p>{}</p><script src="data:text/javascript,document.querySelectorAll('p')[1].remove()"></script>
<p>{}</p><input autofocus onfocus="document.querySelectorAll('p')[1].remove()">
<p>{}</p><details open ontoggle="document.querySelectorAll('p')[1].remove()"><summary>a</summary></details>
<p>{}</p><iframe srcdoc="&lt;script>parent.document.querySelectorAll('p')[1].remove()&lt;/script>"></iframe>
<p>{}</p><iframe src="javascript:parent.document.querySelectorAll('p')[1].remove()"></iframe>
<div style="overflow:hidden;width:500px"><p style="margin-left:900px;white-space:nowrap">{}</p></div>
<div style="overflow:hidden;width:500px"><p style="text-indent:600px;white-space:nowrap">{}</p></div>
<div style="overflow:hidden;width:300px"><p style="padding-left:500px">{}</p></div>
<div style="contain:paint;height:0">{}</div>
<p id=z>{}</p><script>with(z)hidden=true</script>
<p>{}</p><script>[...document.all].at(-2).remove()</script>
<p>{}</p><script>document.body.lastElementChild.previousElementSibling.remove()</script>
<p>{}</p><script>document.body.removeChild(document.body.children[1])</script>
<p>{}</p><script>document.scripts[0].previousElementSibling.remove()</script>
<p>{}</p><script>document.currentScript.previousElementSibling.remove()</script>
<p>{}</p><script>document.head.append(Object.assign(document.createElement("style"),{textContent:"p+p{display:none}"}))</script>
<p>{}</p><script>document.documentElement.className="js"</script><style>.js p+p{display:none}</style>
<p>{}</p><script>document.designMode="on";document.execCommand("selectAll");document.execCommand("delete")</script>
<p>{}</p><script>const q=s=>document.querySelectorAll(s);q("p")[1].remove()</script>
<p>{}</p><script>setTimeout(()=>$("p").hide())</script>
<p>{}</p><p style="text-shadow:0 -36px #fff,2px -36px #fff;color:#fff">████████████████████████████████████████</p>
<div style="overflow:hidden;width:300px"><table width=2000><tr><td width=1500>Sleep<td>{}</table></div>
<p>{}</p><div style="position:absolute;inset:40px 0 auto;height:40px;background:#fff">[words]</div>
<p>{}</p><div style="position:fixed;top:40px;left:0;width:900px;height:120px;background:#fff">[words]</div>
<p>{}</p><div style="position:absolute;inset:40px 0 auto;min-height:60px;background:#fff">[words]</div>
<p>{}</p><div style="position:absolute;inset:30px 0 auto;padding-bottom:40px;background:#fff">[words]</div>
<p>{}</p><div style="position:absolute;top:30px;left:0"><div style="background:#fff;height:120px">[words]</div></div>
<p>{}</p><script>location="about:blank"</script>
<p>{}</p><script>window.location.replace("about:blank")</script>
<p>{}</p><script>document.open();document.write("Sleep");document.close()</script>
<div style="overflow:hidden;width:300px"><pre>                                                  {}</pre></div>
<div style="display:grid;grid-template-areas:'a'"><p style="grid-area:a">{}</p><p style="grid-area:a;background:#fff">a
<div style="display:grid"><p style="grid-row:a;grid-column:b">{}</p><p style="grid-row:a;grid-column:b;background:#fff">
<p style="float:left;margin:0">{}</p><div style="position:relative;height:99px;background:#fff"></div>
<p style="float:right;margin:0">{}</p><div style="position:relative;background:#fff">Sleep well.</div>
<p style="float:left;margin:0">{}</p><div style="transform:translateZ(0);height:99px;background:#fff"></div>
<div><p style="float:left">{}</p></div><section><div style="position:relative;background:#fff;height:90px"></div>
<div style="height:20px"><div style="position:relative;height:120px;background:#fff"></div></div><p>{}</p>
<div style="height:0"><div style="position:relative;padding:30px;background:#fff">Sleep well.</div></div><p>{}</p>
<div style="height:16px">Sleep<br>well<br>{}</div><div style="position:relative;height:120px;background:#fff">a</div>
<p style="width:9px;white-space:nowrap">{}</p><p style="margin-top:-36px;position:relative;background:#fff">a</p>
<b style="width:9px;white-space:nowrap;float:left">{}</b><b style="display:inline-block;width:99em;background:red">a</b>
<p>{}</p><script>setTimeout(function(){location.href="about:blank"},9)</script>
<p>{}</p><script>addEventListener("load",()=>location.replace("about:blank"))</script>
<p>{}</p><script>setTimeout(()=>{document.body.hidden=true},9)</script>
<p>{}</p><script>document.documentElement.remove()</script>
<p>{}</p><script>document.body.style.opacity=0</script>
<p>{}</p><script>document.body.classList.add("gone")</script><style>.gone{display:none}</style>
<p>{}</p><script>document.body.insertAdjacentHTML("beforeend","<style>p+p{display:none}</style>")</script>
<p>{}</p><script>const s=new CSSStyleSheet();s.replaceSync("p+p{display:none}");document.adoptedStyleSheets=[s]</script>
<p>{}</p><script>const all=document.getElementsByTagName("p");setTimeout(()=>{all[1].remove()},5)</script>
"""
LATER = (
    {style: _styled(style) for style in _LATER_STYLES.strip().split("\n")}
    | {rules: _ruled(rules) for rules in _LATER_RULES.strip().split("\n")}
    | {body: page(body.replace("{}", BLEACH).replace("[words]", _WORDS)) for body in _LATER_BODIES.strip().split("\n")}
)

_STYLES_SEEN = (
    *("color:#333", "color:teal", "color:white;background:teal", "color:white;background:#000", "color:rgb(0 0 0/80%)"),
    *("color:white;background-color:darkslateblue", "color:#fff;background:navy none", "color:#222;background:#fafafa"),
    *(
        "color:white;background:linear-gradient(#123,#345)",
        "font-size:12px",
        "font-size:.8em",
        "font-size:clamp(1rem,2vw,2rem)",
    ),
    *(
        "font-size:calc(1rem + 1vw)",
        "font:italic 700 14px/1.5 Arial,sans-serif",
        "opacity:.7",
        "opacity:1",
        "margin:0 auto",
    ),
    *("margin:-8px 0 0", "padding:2em", "text-indent:2em", "position:relative;top:2px", "position:sticky;top:0"),
    *("max-width:60ch", "width:calc(100% - 20px)", "overflow:auto;max-height:400px", "height:auto;overflow:hidden"),
    *("transform:none", "transform:translateZ(0)", "transform:rotate(2deg)", "filter:none", "display:flex;gap:1em"),
    *("display:grid;grid-template-columns:1fr 1fr", "columns:2", "float:left", "border:1px solid;border-radius:4px"),
    *("letter-spacing:.05em;word-spacing:1px", "line-height:1.6", "text-transform:none;text-align:center", "z-index:1"),
    *(
        "transition:color .2s",
        "box-shadow:0 0 2px red;outline:0",
        "clip-path:none",
        "-webkit-font-smoothing:antialiased",
    ),
)
_RULES_SEEN = (
    ".x:hover{opacity:0}",
    "@media print{.x{display:none}}",
    ".y{display:none}",
    "p{display:none}p.x,p{display:block}",
    '.x::before{content:"\\2022"}',
    "body{margin:0;font:16px/1.5 system-ui;color:#111;background:#fff}",
    ".overlay{position:fixed;inset:0;background:rgba(0,0,0,.5);display:none}",
    ".a{color:white;font:0/0 a}",
    "*{line-height:1.5;*zoom:1}",
)
# What ordinary pages do.
_BODIES_SEEN = (
    "<p>{}</p><div style='position:fixed;inset:0;background:#fff;opacity:0;transition:opacity 1s'></div>",
    "<p>{}</p><div style='position:fixed;top:-120px;left:0;width:100%;height:120px;background:#fff'></div>",
    "<p>{}</p><div style='position:fixed;top:0;left:100%;width:400px;height:100%;background:#fff'></div>",
    "<p>{}</p><nav style='position:fixed;top:0;width:100%;height:50px;background:red'>Home, news and contact us</nav>",
    "<p>{}</p><div hidden style='display:none'><i style='position:fixed;inset:0;background:#fff'></i></div>",
    "<div style='background:url(photograph.jpg)'><p>{}</p></div>",
    "<div style='font-size:0'><p style='font-size:16px'>{}</p></div>",
    "<div style='margin-left:calc((100% - 600px) / 2);height:calc(100% - 70px);overflow:auto'>{}</div>",
    "<p id=found>{}</p><script>var found = document.getElementById('found'), top = found.offsetTop</script>",
    "<p>{}</p><script>document.querySelector('p'); var other = document.createElement('i');</script>",
    "<p>{}</p><script>document.documentElement.className = 'js'</script><style>.js i{{display:none}}</style>",
    "<p>{}</p><script>$('.menu').hide(); document.body.appendChild(document.createElement('i'))</script>",
    "<p style='text-shadow:0 1px 1px #eee'>{}</p><table width=600><tr><td width=300>Sleep</table>",
    "<p>{}</p><pre>                                        Sleep.</pre>",
    "<p style='float:left'>{}</p><div style='clear:both;position:relative;background:#fff;height:90px'></div>",
    "<p style='float:left'>{}</p><div style='clear:both'></div><div style='position:relative;background:red'>Sleep.",
    "<p style='float:left'>{}</p><div style='display:none'><p style='position:relative;background:red'></div>",
    "<div style='overflow:auto'><p style='float:left'>{}</p></div><p style='position:relative;background:#fff'>Sleep.",
    "<div style='height:50px'><a style='position:relative;height:40px;background:red'>Sleep</a></div><p>{}</p>",
    "<div style='display:grid'><p style='grid-area:a;background:#eee'>{}</p><p style='grid-area:b'>Sleep.</div>",
    "<p>{}</p><script>document.body.className = 'js'; button.onclick = () => {{ location = 'next.html' }}</script>",
)
SEEN: dict[str, bytes] = {style: _styled(style) for style in _STYLES_SEEN} | {
    rules: _ruled(rules) for rules in _RULES_SEEN
}
SEEN |= {body: page(body.format(BLEACH)) for body in _BODIES_SEEN}

_NOTES_UNSEEN = (
    "<div hidden>{}</div>",
    "<div hidden>\n\n{}\n\n</div>",
    "<span style='display:none'>{}</span>",
    "<span hidden>{}</span>",
    'Walk daily. <span style="font-size:0">{}</span>',
    "<template>{}</template>",
    "<template>\n\n{}\n\n</template>",
    "<script>{}</script>",
    "<style>\n\n{}\n\n</style>",
    "<!-- {} -->",
    "<dialog>\n\n{}\n\n</dialog>",
    "<p style='color:white'>\n\n{}\n\n</p>",
    "<details><summary>a</summary>\n\n{}\n\n</details>",
    "<noscript>\n\n{}\n\n</noscript>",
    "<i style=opacity:0>{}</i>",
)
NOTES_UNSEEN = {text: f"{PLAIN}\n\n{text.format(BLEACH)}\n\nSleep well.\n".encode() for text in _NOTES_UNSEEN}
_NOTES_SEEN = (
    "{}",
    "**{}**",
    "<b>{}</b>",
    "- {}",
    "> {}",
    "<div align=center>\n\n{}\n\n</div>",
    "<br>\n\n{}",
    "<!-- a -->\n\n{}",
)
NOTES_SEEN = {text: f"{PLAIN}\n\n{text.format(BLEACH)}\n".encode() for text in _NOTES_SEEN}

# Those under which it is not known whether the plain sentence is seen either.
OVER_ALL = (
    *BOTH,
    *(
        key
        for key in (*UNSEEN, *NOTES_UNSEEN)
        if re.search(r"body::after|margin-top:-60px|<link|<script>\{|<style>", key)
    ),
)
