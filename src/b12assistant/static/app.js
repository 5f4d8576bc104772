// What makes the page better and is nowhere needed to read it: the panel a citation opens, announcements, copying.
"use strict";
(() => {
  const root = document.documentElement;
  const wide = matchMedia("(min-width: 900px)");
  root.classList.add("scripted");

  // The panel follows the mode of the page, which need not be the system's.
  const isDark = () => document.body.classList.contains("dark");
  const follow = () => {
    root.classList.toggle("dark", isDark());
    root.classList.toggle("light", !isDark());
  };

  const make = (tag, properties, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };

  // The source panel: a dialog with the document's own page in it.
  let panel, frame, heading, aside, opener, address;

  const build = () => {
    heading = make("p", { id: "src-heading" });
    aside = make("a", { target: "_blank", rel: "noopener", textContent: "New tab", title: "Open this source in a new tab" });
    const close = make("button", { type: "button", id: "src-close", textContent: "Close" });
    close.addEventListener("click", () => history.back());
    frame = make("div");
    panel = make("dialog", { id: "src" }, make("div", { className: "bar" }, heading, aside, close), frame);
    panel.setAttribute("aria-labelledby", "src-heading");
    panel.addEventListener("cancel", event => {
      event.preventDefault();
      history.back();
    });
    document.body.append(panel);
  };

  const show = state => {
    if (!panel) build();
    const url = new URL(state.src, location.origin);
    url.searchParams.set("theme", isDark() ? "dark" : "light");
    url.searchParams.set("framed", "1");
    heading.textContent = state.label;
    aside.href = state.src;
    // A new frame each time: in one that stays, the browser's Back would walk from document to document.
    const fresh = make("iframe", { id: "src-frame", title: "The source", src: url });
    frame.replaceWith(fresh);
    frame = fresh;
    address = state.src;
    document.body.classList.add("src-open");
    if (!panel.open) wide.matches ? panel.show() : panel.showModal();
  };

  const shut = () => {
    if (!panel || !panel.open) return;
    panel.close();
    document.body.classList.remove("src-open");
    const same = `a.cite[href="${CSS.escape(address)}"]`;
    const back = opener && opener.isConnected ? opener : document.querySelector(same);
    if (back) back.focus();
  };

  document.addEventListener("click", event => {
    const link = event.target.closest && event.target.closest("a.cite");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    opener = link;
    const number = link.querySelector(".number");
    const state = { src: link.getAttribute("href"), label: number ? `Source of quote ${number.textContent}` : "Source" };
    if (history.state && history.state.src) history.replaceState(state, "");
    else history.pushState(state, "");
    show(state);
  }, true);

  addEventListener("popstate", event => event.state && event.state.src ? show(event.state) : shut());
  addEventListener("keydown", event => {
    if (event.key === "Escape" && panel && panel.open) history.back();
  });
  addEventListener("message", event => {
    if (event.origin === location.origin && event.data === "close-source" && panel && panel.open) history.back();
  });
  // A reload forgets the conversation, and with it what was open.
  if (history.state && history.state.src) history.replaceState(null, "");

  const toBox = () => document.querySelector("#ask textarea").focus({ preventScroll: true });

  // What was searched is edited in a field that goes when the next answer comes.
  let editing = false;
  document.addEventListener("focusin", event => { editing = Boolean(event.target.closest("#read-as")); });

  // Every answer is told once, and brought into view from its beginning.
  let last = 0;
  const told = turn => {
    const quotes = turn.querySelectorAll(".quote").length;
    const number = turn.id.replace("turn", "");
    if (turn.classList.contains("safety_only")) return `Question ${number}: a safety text.`;
    if (turn.classList.contains("no_answer")) return `Question ${number}: the sources hold no answer.`;
    return `Question ${number}: ${quotes} ${quotes === 1 ? "quote" : "quotes"} found.`;
  };
  const look = () => {
    const fresh = [...document.querySelectorAll(".turn")].filter(turn => Number(turn.id.slice(4)) > last);
    const turn = fresh[fresh.length - 1];
    if (!turn) return;
    last = Number(turn.id.slice(4));
    const say = document.getElementById("say");
    if (say) say.textContent = told(turn);
    if (editing) toBox();
    turn.scrollIntoView({ block: "start" });
  };

  // Copying gives the exact words, then where they stand.
  const words = figure => [...figure.querySelectorAll("blockquote .exact, blockquote .gap")].map(n => n.textContent).join("");
  const copy = async button => {
    const figure = button.closest("figure");
    const place = figure.querySelector(".place .words").textContent;
    const text = `${words(figure)}\n\n— ${place} (${figure.querySelector(".who").textContent.trim()})`;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(figure.querySelector("blockquote"));
      button.textContent = "Selected: copy it with your keyboard";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2500);
  };
  document.addEventListener("click", event => {
    const button = event.target.closest && event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("copy")) copy(button);
    if (button.closest("#new, #controls, #questions")) toBox();
  });

  const start = () => {
    follow();
    new MutationObserver(follow).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  };
  start();
})();
