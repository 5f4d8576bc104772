// What makes the page better and is nowhere needed to read it: the panel a citation opens, announcements.
"use strict";
b12.ready.then(() => {
  const { said, make, say, count } = b12;
  const root = document.documentElement;
  const wide = matchMedia("(min-width: 900px)");

  // The panel follows the mode of the page, which need not be the system's.
  const isDark = () => document.body.classList.contains("dark");
  const follow = () => {
    root.classList.toggle("dark", isDark());
    root.classList.toggle("light", !isDark());
  };

  // A number to call is no page: the framework gives every link a window of its own.
  for (const kind of ["pointerdown", "focusin"])
    document.addEventListener(kind, ({ target }) => target.closest?.('a[href^="tel:"]')?.removeAttribute("target"), true);

  // The framework says in words of its own what went wrong; these are ours.
  new MutationObserver(() => {
    const wrong = document.querySelector(".toast-wrap .toast-body:not([data-announced])");
    if (!wrong) return;
    wrong.dataset.announced = "";
    b12.toast(said("ask.broken"));
  }).observe(document.body, { childList: true, subtree: true });

  // The source panel: a dialog with the document's own page in it.
  let panel, frame, heading, aside, opener, address, back, on;
  let held; // the focus, or what had it last

  // From quote to quote of one answer, whatever document each is in.
  const beside = by => {
    const turn = opener?.isConnected && opener.closest(".turn");
    const sides = turn && opener.closest(".sides");
    const links = turn ? [...(sides || turn).querySelectorAll("figure.quote a.cite")].filter(link => sides || !link.closest(".sides")) : [];
    const at = links.indexOf(opener);
    return { link: at < 0 ? undefined : links[at + by], at, count: at < 0 ? 0 : links.length };
  };
  const step = (id, textContent, key, by) => {
    const button = make("button", { type: "button", id, className: "step", textContent, title: said(key), "aria-label": said(key) });
    button.addEventListener("click", () => {
      const { link } = beside(by);
      if (!link) return;
      link.closest("details")?.setAttribute("open", ""); // what is folded cannot have the focus later
      go(link);
    });
    return button;
  };

  // The browser goes back when it is ready to: asked twice until then, it would leave the page, and the conversation with it.
  let leaving = false;
  const leave = () => {
    if (leaving) return;
    leaving = true;
    history.back();
    setTimeout(() => { leaving = false; }, 1000); // if it went back inside of the frame, nobody tells
  };

  const build = () => {
    heading = make("p", { id: "src-heading" });
    aside = make("a", { target: "_blank", rel: "noopener", textContent: said("panel.tab"), title: said("panel.tab_title") });
    const close = make("button", { type: "button", id: "src-close", textContent: said("panel.close") });
    close.addEventListener("click", leave);
    back = step("src-previous", "‹", "panel.previous", -1);
    on = step("src-next", "›", "panel.next", 1);
    frame = make("div");
    panel = make("dialog", { id: "src" }, make("div", { className: "bar" }, back, heading, on, aside, close), frame);
    panel.setAttribute("aria-labelledby", "src-heading");
    panel.addEventListener("cancel", event => {
      event.preventDefault();
      leave();
    });
    document.body.append(panel);
  };

  const show = state => {
    if (!panel) build();
    const url = new URL(state.src, location.origin);
    url.searchParams.set("theme", isDark() ? "dark" : "light");
    url.searchParams.set("framed", "1");
    const { at, count: all } = beside(0);
    heading.textContent = all > 1 ? said("panel.quote_of", { number: at + 1, count: all }) : state.label;
    back.hidden = on.hidden = all < 2;
    back.disabled = !beside(-1).link;
    on.disabled = !beside(1).link;
    aside.href = state.src;
    // A new frame each time: in one that stays, the browser's Back would walk from document to document.
    const fresh = make("iframe", { id: "src-frame", title: said("panel.frame"), src: url });
    frame.replaceWith(fresh);
    frame = fresh;
    address = state.src;
    document.body.classList.add("src-open");
    if (!panel.open) wide.matches ? panel.show() : panel.showModal();
  };

  const shut = () => {
    if (!panel?.open) return;
    panel.close();
    document.body.classList.remove("src-open");
    const same = `a.cite[href="${CSS.escape(address)}"]`;
    const link = opener?.isConnected ? opener : document.querySelector(same);
    const back = link?.checkVisibility() ? link : link?.closest("figure")?.querySelector("a.number");
    if (!back) return;
    back.focus();
    // Going back to an address that names a tab, the browser takes the focus away again when it next draws the page: from
    // the citation, or from where the reader is by then.
    held = back;
    const again = () => document.activeElement === document.body && held.focus();
    requestAnimationFrame(() => requestAnimationFrame(again));
  };

  const go = link => {
    if (leaving) return addEventListener("popstate", () => go(link), { once: true });
    opener = link;
    const quote = link.closest("figure.quote");
    const label = quote ? said("panel.source_of", { number: quote.id.split("q").pop() }) : said("panel.source");
    const state = { src: link.getAttribute("href"), label };
    if (history.state?.src) history.replaceState(state, "");
    else history.pushState(state, "");
    show(state);
  };

  document.addEventListener("click", event => {
    const link = event.target.closest?.("a.cite");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(link);
  }, true);

  addEventListener("popstate", event => {
    leaving = false;
    if (event.state?.src) show(event.state);
    else shut();
  });
  addEventListener("keydown", event => {
    if (event.key !== "Escape" || !panel?.open) return;
    event.preventDefault();
    leave();
  });
  addEventListener("message", event => {
    if (event.origin === location.origin && event.data === "close-source" && panel?.open) leave();
  });
  // After a reload the answers are asked for again, and what was open is not there yet.
  if (history.state?.src) history.replaceState(null, "");

  // On a phone the focus would bring the keyboard up over the answer.
  const touched = matchMedia("(pointer: coarse)");
  // While an answer comes the framework gives the focus back to the box.
  let reading = false;
  document.addEventListener("focusin", event => reading && event.target.closest("#ask") && event.target.blur());
  const toBox = () => touched.matches || document.querySelector("#ask textarea").focus({ preventScroll: true });

  // The framework sets the box when the answer is there, empty or to the question again, whatever has been typed into it
  // meanwhile: that stays, without the question if it was answered.
  let sent = null;
  const guarded = new WeakSet();
  const guard = box => {
    const { get, set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
    guarded.add(box);
    Object.defineProperty(box, "value", {
      get,
      set(text) {
        const now = get.call(box);
        if (text === now) return; // the server repeats what is typed
        const more = sent !== null && now !== sent && (!text || text === sent);
        const left = !more ? text : !text && now.startsWith(sent) ? now.slice(sent.length).trimStart() : now;
        if (!text) sent = null;
        set.call(box, left);
        if (left !== text) queueMicrotask(() => box.dispatchEvent(new Event("input", { bubbles: true })));
      },
    });
  };
  const sending = () => {
    const box = document.querySelector("#ask textarea");
    if (!guarded.has(box)) guard(box);
    // One question at a time: what is sent while another is awaited is not taken.
    const awaited = sent !== null && box.value.startsWith(sent) && !document.querySelector("#note .note");
    if (!awaited) sent = box.value;
    if (!box.value.trim()) return;
    document.body.classList.add("asking"); // makes room for the answer
    if (!touched.matches) return;
    reading = true;
    setTimeout(() => box.blur()); // when the framework has read the key
  };
  document.addEventListener("keydown", event => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.closest("#ask")) sending();
  }, true);

  document.addEventListener("focusin", event => { held = event.target; });

  // No answer is coming now: what was on the page before the question is there again.
  const waited = () => document.body.classList.remove("asking");
  addEventListener("b12-lost", waited);

  // Every answer is announced once, and brought into view from its beginning.
  let last = 0;
  const summary = turn => {
    const quotes = turn.querySelectorAll(".quote").length;
    const number = turn.id.replace("turn", "");
    if (turn.classList.contains("safety_only")) return said("ask.summary_safety", { number });
    if (turn.classList.contains("no_answer")) return said("ask.summary_none", { number });
    return count("ask.summary", quotes, { number });
  };
  // Of a long conversation the last two answers are open; one that says to get help, or has more to ask, always is.
  const OPEN = 2;
  const fold = () => {
    const turns = [...document.querySelectorAll("#thread .turn")];
    for (const turn of turns.slice(0, -OPEN)) {
      if (turn.dataset.folded || turn.querySelector(".emergency, .further")) continue;
      turn.dataset.folded = "yes";
      const button = make("button", { type: "button", className: "unfold", textContent: said("ask.unfold") });
      button.addEventListener("click", () => {
        turn.dataset.folded = "no";
        button.remove();
        turn.querySelector(".asked").scrollIntoView({ block: "start" });
        turn.querySelector("a, button, summary")?.focus({ preventScroll: true });
      });
      turn.querySelector(".asked").after(button);
    }
  };
  const look = () => {
    carry();
    fold();
    if (document.querySelector("#note .note")) waited();
    const fresh = [...document.querySelectorAll(".turn")].filter(turn => Number(turn.id.slice(4)) > last);
    const turn = fresh[fresh.length - 1];
    if (!turn) return;
    last = Number(turn.id.slice(4));
    waited();
    setTimeout(() => { reading = false; }, 500);
    say(summary(turn));
    // An emergency is read without a keyboard over it.
    if (turn.classList.contains("safety_only")) turn.querySelector(".alarm")?.focus({ preventScroll: true });
    turn.scrollIntoView({ block: "start" });
  };

  document.addEventListener("click", event => {
    event.target.closest?.("#thread .asked")?.classList.toggle("whole");
    const button = event.target.closest?.("button");
    if (!button) return;
    if (button.closest("#new, #controls, #questions")) toBox();
    if (button.closest("#send")) sending();
    if (button.closest("#new")) sent = null; // it is to be empty
  });

  // The numbers of a sentence show its publications below it, and the way to our summary; pressed again, they hide them.
  document.addEventListener("click", event => {
    const number = event.target.closest?.("#thread a.number");
    if (!number) return;
    event.preventDefault();
    const turn = number.hash.replace(/s\d+$/, ""), sentence = number.closest("p"), old = sentence.querySelector(".opened");
    const figure = number.closest("figure"), see = figure?.querySelector("a.cite");
    number.setAttribute("aria-expanded", String(!old));
    if (old) {
      if (old.contains(see)) figure.querySelector(".later").append(see);
      old.remove();
      return;
    }
    const shown = make("span", { className: "opened" });
    for (const each of number.querySelectorAll(".chip")) {
      const named = document.querySelector(`${turn}s${each.textContent.trim()}`);
      shown.append(make("span", {}, ...[...named.childNodes].map(part => part.cloneNode(true))));
    }
    if (see) shown.append(see);
    sentence.append(shown);
  });

  // A question of a message is asked by itself; a quote that answers two of them is shown where it stands.
  document.addEventListener("click", event => {
    const again = event.target.closest?.("button.again"), field = document.querySelector("#again textarea");
    if (again && field) {
      field.value = JSON.stringify([{ question: again.value, as_typed: again.classList.contains("alone") }]);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      document.body.classList.add("asking");
      toBox();
    }
    const link = event.target.closest?.(".also a");
    if (!link) return;
    event.preventDefault(); // an address with the quote would name no tab
    const quote = document.querySelector(link.hash);
    quote.closest("details")?.setAttribute("open", "");
    quote.scrollIntoView({ block: "center" });
    quote.querySelector("a.cite").focus({ preventScroll: true });
  });

  // What was typed before this box was there goes into it.
  const carry = () => {
    const first = document.getElementById("first"), box = document.querySelector("#ask textarea");
    if (!first || !box || getComputedStyle(first).display !== "none") return;
    const typed = first.querySelector("textarea").value, isSent = first.querySelector("form").hasAttribute("data-sent");
    first.remove();
    if (document.body.dataset.tab !== "lookup") toBox();
    if (!typed) return;
    box.value = typed;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    if (isSent) setTimeout(() => document.querySelector("#send").click());
  };

  carry();
  follow();
  new MutationObserver(follow).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
});
