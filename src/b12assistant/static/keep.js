// Keeping a conversation: through a reload, on paper, or as a reply. Only this tab of the browser
// keeps the questions, until it is closed or the conversation cleared; the answers are asked for again.
"use strict";
b12.ready.then(() => {
  const { said, make } = b12;

  const turns = () => [...document.querySelectorAll("#thread .turn")].map(turn => ({
    question: turn.querySelector(".asked .exact").textContent,
    as_typed: turn.classList.contains("as-typed"),
  }));

  const KEPT = "b12.talk";
  const MOST = 20;
  const read = () => {
    try {
      const found = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
      return Array.isArray(found) ? found.slice(0, MOST) : [];
    } catch { // what is there is not ours, or nothing may be kept
      return [];
    }
  };
  const write = talk => {
    try {
      if (talk.length) sessionStorage.setItem(KEPT, JSON.stringify(talk));
      else sessionStorage.removeItem(KEPT);
    } catch { // nothing may be kept, or it is too long
    }
  };

  let tried = "", cleared = false, undone = null, until = 0, goal = 0, times = 0;
  const restore = talk => {
    const field = document.querySelector("#kept textarea"), text = JSON.stringify(talk);
    if (!field || !document.querySelector("#state .ready") || text === tried) return false;
    tried = text;
    field.value = text + " ".repeat(++times % 2); // the same text twice would be no change
    goal = talk.length;
    until = performance.now() + 10_000;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  };
  const begins = (talk, first) => first.every((turn, at) => talk[at] && turn.question === talk[at].question);

  // Ask the question of a copied link after what is there, as it was asked; take it out of the address bar.
  const linked = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    if (!given.get("answer")) return null;
    history.replaceState(history.state, "", location.pathname);
    return { question: given.get("answer"), as_typed: given.has("typed") };
  };
  let shared = linked();
  addEventListener("hashchange", () => {
    shared = linked() || shared;
    look();
  });
  const look = () => {
    const now = turns(), before = read();
    if (!now.length) cleared = false;
    if (now.length >= goal || document.querySelector("#note .note")) until = 0;
    if (now.length >= goal) tried = "";
    if (undone) { // not before the page has cleared: that would take what comes back
      if (!now.length && restore(undone)) undone = null;
      return;
    }
    if (shared) {
      const all = [...(now.length ? now : before), shared];
      if (restore(all.slice(-MOST))) shared = null;
      return;
    }
    if (cleared || (now.length && now.length === before.length && begins(now, before))) return;
    if (!now.length) return before.length ? restore(before) : undefined;
    if (begins(now, before) || before.length + now.length > MOST) write(now);
    else if (!begins(before, now)) restore([...before, ...now]); // the server forgot what came before
  };

  // The question that has no answer yet. The page begins anew where it has to (stream.js), and asks it with the others.
  let pending = null, asked = 0;
  const value = selector => document.querySelector(`${selector} textarea`)?.value ?? "";
  const asks = target => {
    const by = selector => target.closest?.(selector);
    if (by("#ask, #send")) return { question: value("#ask"), as_typed: false };
    if (by("button.again")) return { question: by("button.again").value, as_typed: Boolean(by(".alone")) };
    const button = by(":is(#questions, #controls) button");
    return button ? { question: button.textContent.trim(), as_typed: false } : null;
  };
  for (const kind of ["click", "keydown"]) addEventListener(kind, event => {
    const is = kind === "click" ? event.target.closest?.("#tab-ask button") : event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (!is) return;
    if (performance.now() < until) { // what is asked meanwhile would be lost
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const turn = asks(event.target);
    if (pending || !turn?.question.trim()) return;
    pending = turn;
    asked = turns().length;
  }, true);
  const answered = () => {
    if (!pending) return;
    const note = document.querySelector("#note .note");
    if (note?.classList.contains("stopping")) anew();
    else if (note || turns().length !== asked) pending = null;
  };

  const TYPED = "b12.typed";
  addEventListener("pagehide", () => {
    const typed = value("#ask");
    if (pending) write([...(turns().length ? turns() : read()), pending].slice(-MOST));
    try {
      if (typed && typed !== pending?.question) sessionStorage.setItem(TYPED, typed);
    } catch { // nothing may be kept
    }
  });
  const retype = () => {
    const box = document.querySelector("#ask textarea"), typed = sessionStorage.getItem(TYPED);
    if (!box || !typed) return;
    sessionStorage.removeItem(TYPED);
    if (box.value) return;
    box.value = typed;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  let beginning = false;
  const anew = async () => {
    if (beginning) return;
    beginning = true;
    const rest = time => new Promise(done => setTimeout(done, time));
    await rest(Math.max(0, 5000 - performance.now())); // not again and again
    for (let code = "stopping"; ["stopping", "loading"].includes(code); await rest(500))
      code = (await (await fetch("/readyz")).json()).code;
    location.reload();
  };
  addEventListener("b12-broken", anew);

  const watch = () => {
    retype();
    answered();
    look();
  };
  new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
  watch();
  document.addEventListener("click", event => {
    if (!event.target.closest?.("#new")) return;
    const before = turns();
    cleared = true;
    undone = pending = null;
    write([]);
    undoable(before.slice(-MOST));
  }, true);

  // What was cleared by mistake is asked again, as after a reload. It goes with the next question.
  const undoable = before => {
    document.getElementById("cleared")?.remove();
    if (!before.length) return;
    const button = make("button", { type: "button", textContent: said("ask.undo") });
    const line = make("p", { id: "cleared" }, said("ask.cleared"), " ", button);
    button.addEventListener("click", () => {
      line.remove();
      cleared = false;
      tried = "";
      undone = before;
      look();
      document.querySelector("#ask textarea").focus({ preventScroll: true });
    });
    document.getElementById("examples").before(line);
  };

  // On paper: the day, the address of the page, and where every link leads.
  addEventListener("beforeprint", () => {
    const now = new Date();
    const day = said("dates.day", { day: now.getDate(), month: said(`dates.${now.getMonth() + 1}`), year: now.getFullYear() });
    let foot = document.getElementById("printed");
    if (!foot) document.body.append(foot = make("p", { id: "printed" }));
    foot.textContent = said("keep.printed", { day, address: location.origin });
    for (const link of document.querySelectorAll("#thread a.cite")) link.dataset.printed = link.href;
    for (const row of document.querySelectorAll("#thread .row:not([open])")) {
      row.open = true;
      addEventListener("afterprint", () => { row.open = false; }, { once: true });
    }
  });

  // What is said of an answer as a reply: each question with what is shown of it at once.
  const replyOf = turn => {
    const parts = turn.querySelectorAll(".part");
    return [...(parts.length ? parts : [turn])].map(part => ({
      question: part.querySelector(":is(.question, .asked) .exact").textContent,
      addresses: [...part.querySelectorAll("figure.quote a.cite")]
        .filter(link => !link.closest("details")).map(link => link.getAttribute("href")),
    })).filter(part => part.addresses.length);
  };
  const ways = {
    print: () => window.print(),
    more: (turn, button) => button.setAttribute("aria-expanded", String(turn.classList.toggle("more"))),
    reply: turn => b12.reply(turn, replyOf(turn)).catch(() => b12.toast(said("reply.lost"))),
  };
  document.addEventListener("click", event => {
    const button = event.target.closest?.("#thread .ways button");
    const way = button && ways[button.classList[0]];
    if (way) way(button.closest(".turn"), button);
  });
});
