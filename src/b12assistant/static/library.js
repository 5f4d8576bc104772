// The tab Library: every document with its facts, passages and marked text, what is switched off, and the index anew.
"use strict";
b12.surface("library", place => {
  const { said, count, make, words, get, post, say } = b12;
  const SHOWN = 100; // documents at first
  let told = null, limit = SHOWN;

  const box = make("input", { type: "search", id: "library-find", autocomplete: "off" });
  const choice = make("select", { id: "library-show" }, ...["all", "warnings", "off", "marked"].map(
    name => make("option", { value: name, textContent: said(`library.filter_${name}`) })));
  const found = make("p", { className: "found", role: "status" });
  const list = make("div", { className: "documents" });
  const above = make("div", { className: "health" });
  const below = make("section", { className: "left-out" });
  const root = make("div", { className: "surface" },
    make("h1", { textContent: said("library.heading") }), make("p", { className: "lead", textContent: said("library.lead") }),
    above,
    make("div", { className: "filters" },
      make("label", { for: "library-find", textContent: said("library.filter") }), box,
      make("label", { for: "library-show", textContent: said("library.show") }), choice),
    found, list, below);
  place.append(root);

  const badge = (text, kind) => text ? make("span", { className: `badge ${kind}`, textContent: text }) : null;
  const offText = off => off.since ? said("library.off_since", off) : said("library.off", off);
  const percent = share => (100 * share).toLocaleString(document.documentElement.lang, { maximumFractionDigits: share < 0.1 ? 1 : 0 });

  const badges = entry => [
    badge(entry.off && offText(entry.off), "off"),
    badge(!entry.off && entry.passages_off && count("library.off_in_part", entry.passages_off), "off"),
    badge(entry.never_quoted && said("library.never_quoted"), "off"),
    badge(entry.reasons.length && said("library.warnings"), "caution"),
    badge(entry.sells, "sells"),
  ];

  // The lines for switched_off.toml: the curator says why, in the file.
  const lines = (key, name) => `[[off]]\n${key} = ${JSON.stringify(name)}\nwhy = "${said("library.why_placeholder")}"\n`;
  const switchOff = (key, name, shown, ...before) => {
    const button = make("button", {
      type: "button", className: "quiet", textContent: said("library.switch_off"),
      "aria-label": said("library.switch_off_title", { name: shown }),
    });
    const note = make("p", { className: "note", role: "status" });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(lines(key, name));
        note.textContent = said("library.switched");
      } catch {
        note.textContent = said("library.copy_failed", { lines: lines(key, name) });
      }
    });
    return make("div", { className: "switch" }, ...before, button, note);
  };

  // To the place itself and, where it is not off, to the lines that switch it off.
  const acting = (each, key, name, shown, label) => {
    const link = make("a", { className: "cite", href: each.address, textContent: said(`library.${label}`), "aria-label": `${said(`library.${label}`)}: ${shown}` });
    return each.off ? make("div", { className: "switch" }, link) : switchOff(key, name, shown, link);
  };

  const passage = each => make("li", { className: each.off ? "is-off" : "" },
    make("p", { className: "section" }, words(each.section.join(" › ")), each.pages ? ` · ${each.pages}` : "",
      each.reference ? ` · ${said("library.reference")}` : ""),
    make("blockquote", {}, words(each.text)),
    each.off ? make("p", { className: "why" }, badge(offText(each.off), "off")) : null,
    acting(each, "passage", each.passage, each.text.slice(0, 60), "read"));

  const marked = each => make("li", {},
    make("p", { className: "section", textContent: [said(`library.marked_${each.kind}`), each.rule, each.pages].filter(Boolean).join(" · ") }),
    words(each.text, "p"));

  // A list that comes in portions: `load` gives the next items and how many there are in all.
  const portions = (first, total, load, show) => {
    const items = make("ul", {}, ...first.map(show));
    const more = make("button", { type: "button", className: "quiet", textContent: said("library.more") });
    more.hidden = first.length >= total;
    let asked = -1;
    more.addEventListener("click", async () => {
      const from = items.children.length;
      if (asked === from) return; // pressed again, it would bring the same again
      asked = from;
      const next = await load(from).finally(() => { asked = -1; });
      items.append(...next.map(show));
      more.hidden = items.children.length >= total;
      const fresh = items.children[from];
      if (fresh) {
        fresh.tabIndex = -1;
        fresh.focus();
      }
    });
    return [items, more];
  };

  const path = entry => `/library/documents/${entry.address.slice("/d/".length)}`;
  const detail = async (entry, into) => {
    const all = await get(path(entry));
    const facts = all.facts.map(([name, value]) => make("div", {}, make("dt", { textContent: name }), make("dd", {}, words(value))));
    const rest = name => async from => (await get(`${path(entry)}?${name}=${from}`))[name];
    into.replaceChildren(
      ...(entry.reasons.length ? [make("ul", { className: "reasons" }, ...entry.reasons.map(reason => words(reason, "li")))] : []),
      acting(entry, "document", entry.document, entry.title, "open"),
      make("h3", { textContent: said("library.facts") }), make("dl", { className: "facts" }, ...facts),
      make("h3", { textContent: `${said("library.passages")} · ${all.totals.passages.toLocaleString()}` }),
      ...portions(all.passages, all.totals.passages, rest("passages"), passage),
      make("h3", { textContent: `${said("library.marked_text")} · ${all.totals.marked.toLocaleString()}` }),
      make("p", { className: "soft", textContent: said(all.totals.marked ? "library.marked_lead" : "library.marked_none") }),
      ...portions(all.marked, all.totals.marked, rest("marked"), marked));
  };

  const row = entry => {
    const inside = make("div", { className: "inside" }, make("p", { className: "soft", textContent: said("library.loading") }));
    const node = make("details", { className: entry.off ? "document is-off" : "document" },
      make("summary", {},
        make("span", { className: "title" }, words(entry.title)),
        make("span", { className: "soft" }, words(entry.document), " · ", [entry.whose, entry.published, count("library.passages", entry.passages),
          entry.marked_share ? said("library.marked", { percent: percent(entry.marked_share) }) : ""].filter(Boolean).join(" · ")),
        make("span", { className: "badges" }, ...badges(entry))),
      inside);
    node.addEventListener("toggle", () => {
      if (!node.open || node.dataset.filled) return;
      node.dataset.filled = "yes";
      detail(entry, inside).catch(error => {
        delete node.dataset.filled;
        inside.replaceChildren(make("p", { className: "note bad", role: "alert", textContent: said("library.failed", { problem: error.message }) }));
      });
    });
    return node;
  };

  const fits = {
    all: () => true,
    warnings: entry => entry.reasons.length > 0,
    off: entry => entry.off || entry.passages_off > 0,
    marked: entry => entry.marked_share > 0,
  };
  const draw = () => {
    const wanted = box.value.trim().toLowerCase();
    const fitting = told.documents.filter(entry => fits[choice.value](entry)
      && `${entry.title}\n${entry.document}\n${entry.whose}`.toLowerCase().includes(wanted));
    found.textContent = fitting.length ? count("library.documents", fitting.length) : said("library.none");
    const more = make("button", { type: "button", className: "quiet", textContent: said("library.more") });
    more.addEventListener("click", () => {
      limit += SHOWN;
      draw();
    });
    list.replaceChildren(...fitting.slice(0, limit).map(row), ...(fitting.length > limit ? [more] : []));
  };
  box.addEventListener("input", () => { limit = SHOWN; draw(); });
  choice.addEventListener("change", () => { limit = SHOWN; draw(); });

  // Health: the generation, what is to be mended, what changed since, and the index anew.
  const changes = () => {
    const button = make("button", { type: "button", className: "quiet", textContent: said("library.changes_check") });
    const into = make("div", { role: "status" });
    button.addEventListener("click", async () => {
      try {
        const given = (await get("/library/changes")).changes;
        into.replaceChildren(given && given.length ? make("ul", { className: "reasons" }, ...given.map(text => words(text, "li")))
          : make("p", { textContent: said(given ? "library.changes_none" : "library.changes_unknown") }));
      } catch (error) {
        into.replaceChildren(make("p", { className: "note bad", textContent: said("library.failed", { problem: error.message }) }));
      }
    });
    return make("div", { className: "changes" }, button, into);
  };

  const health = () => {
    const { counts, generation } = told, problems = [...told.damage, ...told.stale_entries];
    const numbers = ["documents", "passages", "left_out"].map(name => count(`library.${name}`, counts[name])).join(", ");
    above.replaceChildren(
      make("p", { className: "numbers" }, make("strong", { textContent: numbers }),
        make("span", { className: "soft", textContent: said("library.generation", { generation: generation.slice(0, 8) }) })),
      ...(problems.length ? [make("div", { className: "to-mend" }, make("h2", { textContent: said("library.problems") }),
        make("ul", {}, ...problems.map(text => words(text, "li"))))] : []),
      make("div", { className: "tasks" }, ...(told.may_index ? [building()] : []), changes()));
    const rows = told.left_out.map(each => make("tr", {}, make("th", { scope: "row" }, words(each.file)), make("td", {}, words(each.reasons.join("; ")))));
    below.replaceChildren(make("h2", { textContent: said("library.left_out") }),
      make("p", { className: "soft", textContent: said(rows.length ? "library.left_out_lead" : "library.left_out_none") }),
      ...(rows.length ? [make("div", { className: "wide", role: "region", tabIndex: 0, "aria-label": said("library.left_out") },
        make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col", textContent: said("library.file") }),
          make("th", { scope: "col", textContent: said("library.reason") }))), make("tbody", {}, ...rows)))] : []));
  };

  let outcome = "";
  const building = () => {
    const button = make("button", { type: "button", className: "main", id: "library-index", textContent: said("library.index") });
    const bar = make("progress", { max: 1, value: 0 });
    const stage = make("span", {});
    const progress = make("label", { className: "progress", hidden: true }, stage, bar);
    const note = make("p", { className: "note", role: "status", textContent: outcome });
    const ended = how => {
      button.disabled = false;
      progress.hidden = true;
      note.textContent = how;
    };
    const follow = async begun => {
      let now = begun;
      outcome = note.textContent = "";
      const hadFocus = document.activeElement === button;
      button.disabled = true;
      progress.hidden = false;
      while (now.state === "running") {
        bar.max = now.of || 1;
        if (now.of) bar.value = now.done;
        else bar.removeAttribute("value");
        stage.textContent = [said(`library.index_${now.stage}`), now.of > 1 ? said("library.index_progress", now) : ""].filter(Boolean).join(", ");
        await new Promise(done => setTimeout(done, 300));
        now = await get("/library/index");
      }
      outcome = now.state === "done" ? said("library.index_done", now.counts) : said("library.index_failed", now);
      if (now.state === "done") await load(); // draws all this anew
      else ended(outcome);
      const lost = document.activeElement === document.body; // who has moved on meanwhile is left alone
      if (hadFocus && lost) document.getElementById("library-index").focus();
    };
    const guarded = promise => promise.catch(error => ended(said("library.failed", { problem: error.message })));
    button.addEventListener("click", () => guarded(post("/library/index", {}).then(follow)));
    guarded(get("/library/index").then(now => now.state === "running" ? follow(now) : null));
    return make("div", { className: "building" }, make("p", { className: "soft", textContent: said("library.index_lead") }), button, progress, note);
  };

  const load = async () => {
    told = await get("/library/documents");
    health();
    draw();
    if (outcome) say(outcome);
  };
  load().catch(error => above.replaceChildren(
    make("p", { className: "note bad", role: "alert", textContent: said("library.failed", { problem: error.message }) })));
});
