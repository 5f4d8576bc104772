"""Draw a page in headless Chromium, without a network and without its scripts, to find out which texts anybody sees.

It is driven through two pipes by its DevTools protocol. Each text is painted in four ways: as it is, with clear
letters, and these on red and on green. Nothing in the page is moved for it. A letter is seen if the two grounds differ
in nearly all of its box (so that nothing covers or cuts it) and its own paint changes something by a plain contrast.
"""

from __future__ import annotations

import atexit
import base64
import io
import json
import math
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Timer
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image

from b12assistant.errors import SourceError

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 30.0  # by the clock, for a page
_WIDTH, _HEIGHT, _HIGHEST = 1280, 800, 12_000  # px
_MOST_LETTERS = 30_000
_MOST_LAYERS = 4  # of doubtful text over doubtful text
_LEAST_SIZE = 16 / 3  # px: 4 points
_LEAST_SHARE = 0.8  # of a letter's box that is neither covered nor cut
_LEAST_CONTRAST, _LEAST_DISTANCE = 1.5, 128
_WEIGHTS = np.array([0.2126, 0.7152, 0.0722])
_STRONG = 96  # difference of the two grounds: nothing pale lies over them
_FLAGS = (
    "--headless --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run "
    "--disable-extensions --disable-dev-shm-usage --mute-audio --hide-scrollbars --force-color-profile=srgb "
    "--host-resolver-rules='MAP * ~NOTFOUND' --proxy-server=127.0.0.1:9 --remote-debugging-pipe about:blank"
)
# The browser reads commands from file 3 and writes to 4, and ends when they are closed. The reader's limit of address
# space is not for it.
_SHELL = (
    "ulimit -S -v unlimited 2>/dev/null; folder=$(mktemp -d) && trap 'rm -rf \"$folder\"' EXIT && "
    'trap "exit 1" TERM && '
    f'"$0" --user-data-dir="$folder" "$@" {_FLAGS} 3<&0 4>&1 </dev/null >/dev/null 2>&1'
)
_COLLECT = """(() => { const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) { const node = walker.currentNode;
    if (/[^ \\t\\n\\f\\r]/.test(node.data) && !node.parentElement.closest(SKIPPED)) found.push(node); }
  window.b12texts = found; return [found.map(node => node.data), document.documentElement.scrollHeight]; })()"""
# For each text, the boxes of its letters; none if a letter stands before the one before it, or if it is animated.
_MEASURE = """(wanted => { const moving = document.getAnimations().map(one => one.effect.target), range = new Range();
  let left = MOST;
  return wanted.map(number => { const node = b12texts[number], boxes = [];
    if (moving.some(one => one && one.contains(node)) || (left -= node.data.length) < 0) return [];
    let at = 0, before = null;
    for (const letter of node.data) { const start = at; at += letter.length;
      if (/^[\\s\\p{M}\\p{Cf}]$/u.test(letter)) continue;
      range.setStart(node, start); range.setEnd(node, at);
      const box = range.getClientRects()[0];
      if (!box || (before && box.top < before.bottom && box.bottom > before.top && box.left < before.left)) return [];
      boxes.push([box.left, box.top, box.right, box.bottom]); before = box; }
    return boxes; }); })"""
_PAINT = """((numbers, ground) => { CSS.highlights.clear(); document.adoptedStyleSheets = [];
  if (!numbers.length) return;
  const sheet = new CSSStyleSheet(), clear = 'transparent !important';
  sheet.replaceSync(`::highlight(b12) { color: ${clear}; -webkit-text-fill-color: ${clear}; -webkit-text-stroke: 0
    ${clear}; text-shadow: none !important; background-color: ${ground} !important }`);
  document.adoptedStyleSheets = [sheet];
  CSS.highlights.set('b12', new Highlight(...numbers.map(number => { const range = new Range();
    range.selectNodeContents(b12texts[number]); return range; }))); })"""
SKIPPED = frozenset(
    {"iframe", "math", "noembed", "noframes", "noscript", "script", "style", "svg", "template", "textarea"}
)
Picture = npt.NDArray[np.uint8]  # (height, width, 3)
Box = tuple[float, float, float, float]  # left, top, right, bottom; px


class Browser:
    """A Chromium that draws pages one by one; it is started by the first, and not again once it failed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._failure = ""
        self._number, self._session = 0, ""
        self._rest = b""  # of what the browser wrote

    def seen(self, page: str, texts: Sequence[str], wanted: Sequence[int]) -> frozenset[int]:
        """Return which of the ``wanted`` texts a reader sees whole.

        ``texts``: all texts of the page's body that are not blank nor in an element of `SKIPPED`, in order. Raises
        ``SourceError`` if the page could not be drawn, or has other texts in the browser.
        """
        if self._failure:
            raise SourceError(self._failure)
        timer = Timer(_SECONDS, self._kill)
        timer.start()
        begun = time.monotonic()
        try:
            return self._seen(page, list(texts), wanted)
        except (OSError, ValueError, KeyError, TypeError) as error:
            is_late = time.monotonic() - begun >= _SECONDS
            self._failure = f"the browser took more than {_SECONDS:g} s" if is_late else "the browser failed"
            if self._process is None:
                self._failure = "no browser was found (install Chromium, or name one with CHROMIUM=/path/to/it)"
            self.close()
            raise SourceError(self._failure) from error
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the browser, if there is one, with all its processes."""
        process = self._process
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    cast("IO[bytes]", pipe).close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)  # its shell removes its folder
            self._kill()
            process.wait()
            self._process = None

    def _kill(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGTERM)  # its shell removes its folder
                with suppress(subprocess.TimeoutExpired):
                    process.wait(2)
                os.killpg(process.pid, signal.SIGKILL)

    def _seen(self, page: str, texts: list[str], wanted: Sequence[int]) -> frozenset[int]:
        self._start()
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._ask("Network.enable")
        self._ask("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
        self._ask("Emulation.setScriptExecutionDisabled", value=True)
        self._size(_HEIGHT)
        frame = self._ask("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self._ask("Page.setDocumentContent", frameId=frame, html=page)
        drawn, height = self._run(_COLLECT.replace("SKIPPED", json.dumps(",".join(sorted(SKIPPED)))))
        seen = self._judged(wanted, int(height)) if drawn == texts else frozenset()
        self._session, _ = "", self._ask("Target.closeTarget", targetId=target)
        if drawn != texts:
            raise SourceError("the browser reads other texts in it")
        return seen

    def _judged(self, wanted: Sequence[int], height: int) -> frozenset[int]:
        self._size(min(max(height, _HEIGHT), _HIGHEST))  # what is fixed to the window covers all of the page
        measured = self._run(f"{_MEASURE.replace('MOST', str(_MOST_LETTERS))}({json.dumps(list(wanted))})")
        boxes = {number: found for number, found in zip(wanted, measured, strict=True) if found}
        plain = self._painted([], "")
        seen: set[int] = set()
        for layer in _layers(boxes, plain.shape[:2]):
            clear, *grounds = (self._painted(layer, ground) for ground in ("transparent", "#f00", "#0f0"))
            seen |= {number for number in layer if all(_is_seen(box, plain, clear, grounds) for box in boxes[number])}
        return frozenset(seen)

    def _size(self, height: int) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", width=_WIDTH, height=height, deviceScaleFactor=1, mobile=False)

    def _painted(self, numbers: list[int], ground: str) -> Picture:
        """Return the picture of the page with some texts clear on a ground."""
        self._run(f"{_PAINT}({json.dumps(numbers)}, {json.dumps(ground)})")
        data = base64.b64decode(self._ask("Page.captureScreenshot", format="png", optimizeForSpeed=True)["data"])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    def _run(self, script: str) -> Any:
        return self._ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        own = os.environ.get("CHROMIUM")
        named = next(filter(None, map(shutil.which, (own,) if own else _NAMES)), None)
        if named is None or os.name != "posix":
            raise OSError
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(  # noqa: S603 - the operator's own browser
            ["/bin/sh", "-c", _SHELL, named, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _ask(self, method: str, **parameters: object) -> Any:
        """Return the result of a command. Raises ``KeyError`` if it failed, ``OSError`` if the browser is gone."""
        process = cast("subprocess.Popen[bytes]", self._process)
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        asked |= {"sessionId": self._session} if self._session and not method.startswith("Target.") else {}
        requests, replies = cast("IO[bytes]", process.stdin), cast("io.BufferedReader", process.stdout)
        requests.write(json.dumps(asked).encode() + b"\0")
        requests.flush()
        while True:
            answer = json.loads(self._message(replies))
            if answer.get("id") == self._number:
                return answer["result"]

    def _message(self, replies: io.BufferedReader) -> bytes:
        while b"\0" not in self._rest:
            part = replies.read1(1 << 16)
            if not part:
                raise OSError
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return message


def _layers(boxes: Mapping[int, list[Box]], size: tuple[int, ...]) -> list[list[int]]:
    """Divide texts so that none lies over another of its layer; those of further layers are left out."""
    layers: list[list[int]] = [[] for _ in range(_MOST_LAYERS)]
    taken = [np.zeros(size, np.bool_) for _ in layers]
    for number, letters in boxes.items():
        # Boxes of neighbouring lines and words may touch.
        cores = [(x + 1, y + (below - y) / 4, right - 1, below - (below - y) / 4) for x, y, right, below in letters]
        places = [_place(core, size) for core in cores]
        at = next((at for at, mask in enumerate(taken) if not any(mask[place].any() for place in places)), None)
        if at is not None:
            layers[at].append(number)
            for place in places:
                taken[at][place] = True
    return [layer for layer in layers if layer]


def _place(box: Box, size: tuple[int, ...]) -> tuple[slice, slice]:
    left, top, right, bottom = box
    return (
        slice(max(math.floor(top), 0), min(math.ceil(bottom), size[0])),
        slice(max(math.floor(left), 0), min(math.ceil(right), size[1])),
    )


def _is_seen(box: Box, plain: Picture, clear: Picture, grounds: Sequence[Picture]) -> bool:
    """Check that a reader sees a letter, given the page as it is, with clear letters, and these on two grounds."""
    left, top, right, bottom = box
    size = plain.shape
    if bottom - top < _LEAST_SIZE or right - left < 1 or min(left, top) < -1 or right > size[1] or bottom > size[0]:
        return False
    place = _place(box, size)
    one, other, red, green = (picture[place].astype(np.float64) for picture in (plain, clear, *grounds))
    if np.mean(np.abs(red - green).max(axis=2) > _STRONG) < _LEAST_SHARE:
        return False
    lights = [(picture / 255) ** 2.2 @ _WEIGHTS + 0.05 for picture in (one, other)]
    contrast = np.maximum(*lights) / np.minimum(*lights)
    return bool(contrast.max() >= _LEAST_CONTRAST or np.abs(one - other).max() >= _LEAST_DISTANCE)


BROWSER = Browser()  # starting it takes longer than drawing a page
atexit.register(BROWSER.close)
