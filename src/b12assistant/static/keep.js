// Keeping a conversation: through a reload, on paper, or as a file that the server makes of the questions. Only this tab of the
// browser keeps the questions, until it is closed or the conversation cleared; the answers are asked for again.
"use strict";
b12.ready.then(() => {
  const { said, say } = b12;

  const QUOTES = ":is(.card > figure, .card > .row:not(.sides)) a.cite";
  const turns = () => [...document.querySelectorAll("#thread .turn")].map(turn => ({
    question: turn.querySelector(".asked .exact").textContent,
    as_typed: turn.classList.contains("as-typed"),
    ...(turn.classList.contains("shared") && {
      quotes: [...turn.querySelectorAll(QUOTES)].map(link => link.getAttribute("href")),
    }),
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

  let tried = "", cleared = false, until = 0, goal = 0;
  const restore = talk => {
    const field = document.querySelector("#kept textarea"), text = JSON.stringify(talk);
    if (!field || !document.querySelector("#state .ready") || text === tried) return false;
    tried = field.value = text;
    goal = talk.length;
    until = performance.now() + 10_000;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  };
  const begins = (talk, first) => first.every((turn, at) => talk[at] && turn.question === talk[at].question);

  // The address of an answer that somebody shared: taken out of the bar, asked after what is there.
  const linked = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    if (!given.get("answer")) return null;
    history.replaceState(history.state, "", location.pathname);
    return { question: given.get("answer"), as_typed: false, quotes: given.getAll("quote").slice(0, 12) };
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
  // What is asked meanwhile would be lost.
  for (const kind of ["click", "keydown"]) addEventListener(kind, event => {
    const asks = kind === "click" ? event.target.closest?.("#tab-ask button") : event.key === "Enter" && !event.shiftKey;
    if (performance.now() > until || !asks) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
  document.addEventListener("click", event => {
    if (!event.target.closest || !event.target.closest("#new")) return;
    cleared = true;
    write([]);
  }, true);

  // On paper: the day, the address of the page, and where every link leads.
  addEventListener("beforeprint", () => {
    const now = new Date();
    const day = said("dates.day", { day: now.getDate(), month: said(`dates.${now.getMonth() + 1}`), year: now.getFullYear() });
    let foot = document.getElementById("printed");
    if (!foot) document.body.append(foot = b12.make("p", { id: "printed" }));
    foot.textContent = said("keep.printed", { day, address: location.origin });
    for (const link of document.querySelectorAll("#thread a.cite")) link.dataset.printed = link.href;
    for (const row of document.querySelectorAll("#thread .row:not([open])")) {
      row.open = true;
      addEventListener("afterprint", () => { row.open = false; }, { once: true });
    }
  });

  const save = async format => {
    const answer = await fetch("/export", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ format, turns: turns() }),
    });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))[1];
    const link = b12.make("a", { href: URL.createObjectURL(await answer.blob()), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return name;
  };

  document.addEventListener("click", async event => {
    const button = event.target.closest && event.target.closest("#keep button");
    if (!button) return;
    if (button.value === "print") {
      window.print();
      return;
    }
    const result = document.querySelector("#keep .result");
    try {
      result.textContent = said("keep.saved", { name: await save(button.value) });
    } catch (error) {
      result.textContent = said("keep.failed", { problem: error.message });
    }
    say(result.textContent);
  });
});
