// The tab "Look up": a search as one types, filters, keys, and many questions at once. What is typed goes out in bodies.
"use strict";
b12.surface("lookup", async root => {
  const { said, count, make, revealed, words: exact, post, get, say } = b12;
  const WAIT = 120; // milliseconds without a key before it is searched
  const MANY = 50;
  const SWITCH = "b12.keys";
  const box = make("section", { className: "surface lookup", "aria-labelledby": "lookup-heading" });
  root.append(box);

  // What a row shows: words, their place, who speaks, why it was found.
  const words = pieces => {
    const said = make("blockquote", { className: "said", dir: "auto" });
    const whole = pieces.every(([, kind]) => /[sg]/.test(kind)); // marked as a whole marks nothing
    let mark = null;
    for (const [text, kind] of pieces) {
      const inside = kind.includes("s");
      if (!inside) mark = null;
      else if (!mark) said.append(mark = make("mark", { className: whole ? "whole" : "" }));
      const part = kind.includes("w") ? [make("b", {}, ...revealed(text))] : kind === "g" ? [make("span", { className: "gap" }, text)] : revealed(text);
      (mark || said).append(...part);
    }
    return said;
  };
  const caption = row => [
    make("p", { className: "place" }, make("a", { className: "cite", href: row.address },
      make("span", { className: "words" }, exact(row.place.join(" › ") + (row.pages ? `, ${row.pages}` : ""))))),
    make("p", { className: "who soft", title: row.who }, exact(row.who)),
  ];
  // The rows of a group together, at the place of the best one; only publications have a heading.
  const together = rows => {
    const by = group.value, groups = new Map();
    const key = row => by === "document" ? row.address.split("?")[0] : by === "publication" ? row.publication?.title || row.by : row;
    for (const row of rows) groups.set(key(row), [...groups.get(key(row)) || [], row]);
    return [...groups.values()].flatMap(found => [
      ...(by === "publication" ? [heading(found[0])] : []), ...found.map((row, at) => item(row, at > 0 && by === "document"))]);
  };
  const heading = ({ publication, by }) => make("li", { className: "group" }, publication?.url
    ? make("a", { href: publication.url, rel: "noreferrer noopener", target: "_blank" }, exact(publication.title))
    : exact(publication?.title || by));
  // One line says it and one who says so; opened, the whole passage.
  const item = (row, more) => {
    const best = row.pieces.filter(([, kind]) => kind.includes("s"));
    const line = make("span", { className: "line", dir: "auto" },
      ...best.flatMap(([text, kind]) => kind.includes("w") ? [make("b", {}, ...revealed(text))] : revealed(text)));
    return make("li", { tabIndex: -1, className: more ? "found more" : "found" }, make("details", {},
      make("summary", { title: `${said("lookup.why")}: ${row.why.join(" · ")}` }, line,
        make("span", { className: "by soft" }, exact(more ? row.by : `${row.by} — ${row.place[0]}`)),
        row.interest ? make("strong", { className: `badge ${row.sells ? "sells" : "may-sell"}` }, row.interest) : null),
      make("figure", { className: "quote" }, words(row.pieces), make("figcaption", {}, ...caption(row),
        make("p", { className: "acts" },
          make("button", { type: "button", className: "copy plain", value: "plain" }, said("lookup.copy")))))));
  };
  // A number is a link that calls it.
  const dialled = (line, numbers) => {
    const found = numbers.map(number => [line.indexOf(number), number]).filter(([at]) => at >= 0).sort(([one], [other]) => one - other)[0];
    if (!found) return [line];
    const [at, number] = found, link = make("a", { href: `tel:${number.replace(/[^+\d]/g, "")}` }, number);
    return [line.slice(0, at), link, ...dialled(line.slice(at + number.length), numbers)];
  };
  const paragraphs = each => each.lines.map(line => make("p", {}, ...dialled(line, each.numbers || [])));
  const notices = (place, given) => place.replaceChildren(...given.filter(each => !each.language).map(each => {
    const below = given.filter(other => other.language && other.text_id.startsWith(`${each.text_id}.`));
    const headed = other => [other.heading ? make("h2", { className: "kicker" }, other.heading) : null, ...paragraphs(other)];
    const translated = below.map(other => make("div", { className: "translation", lang: other.language, dir: "auto" }, ...headed(other)));
    return make("div", { className: each.alarm ? `alarm ${each.alarm}` : "notice" }, ...translated, ...headed(each));
  }));

  // The form
  const typed = make("input", {
    type: "search", id: "lookup-box", autocomplete: "off", spellcheck: false, maxLength: 2000,
    placeholder: said("lookup.placeholder"),
  });
  const ways = ["all", "meaning", "words", "phrase"].map((way, at) =>
    make("label", {}, make("input", { type: "radio", name: "lookup-way", value: way, checked: at === 0 }),
      make("span", {}, said(`lookup.way_${way}`))));
  const choices = await get("/lookup/choices");
  const select = (name, none, options) => make("select", { id: `lookup-${name}` },
    make("option", { value: "" }, said(none)), ...options.map(([value, text]) => make("option", { value }, text)));
  const labelled = (key, field) => make("div", {}, make("label", { for: field.id }, said(key)), field);
  const kind = select("kind", "lookup.any_kind", choices.kinds);
  const offered = (name, none, values) => {
    const list = make("datalist", { id: `lookup-${name}-list` }, ...values.map(value => make("option", { value })));
    const field = make("input", { id: `lookup-${name}`, placeholder: said(none), autocomplete: "off", maxLength: 300 });
    field.setAttribute("list", list.id);
    return [field, list];
  };
  const [publisher, publishers] = offered("publisher", "lookup.any_publisher", choices.publishers);
  let only = null; // the publication whose sentences are wanted
  const onlyText = make("span"), onlyOff = make("button", { type: "button", className: "plain", onclick: () => {
    only = null;
    typed.focus();
    run();
  } }, said("lookup.only_off"));
  const onlyLine = make("p", { className: "only", hidden: true }, onlyText, " ", onlyOff);
  const [named, titles] = offered("document", "lookup.any_document", choices.documents);
  const guidelines = make("input", { type: "checkbox", id: "lookup-guidelines" });
  const group = make("select", { id: "lookup-group" }, ...["document", "publication", "none"].map(value =>
    make("option", { value: value === "none" ? "" : value }, said(`lookup.group_${value}`))));
  const year = name => make("input", {
    id: `lookup-${name}`, inputMode: "numeric", maxLength: 4, placeholder: said("lookup.any_year"), autocomplete: "off",
  });
  const since = year("since"), until = year("until");
  const clear = make("button", { type: "button", className: "plain", hidden: true }, said("lookup.clear"));
  const summary = make("summary", {}, said("lookup.filters"));
  const filters = make("details", { className: "sieve" }, summary, make("div", { className: "fields" },
    labelled("lookup.kind", kind),
    make("div", { className: "years" }, labelled("lookup.since", since), labelled("lookup.until", until)),
    labelled("lookup.document", named), titles, labelled("lookup.group", group), clear));
  const first = make("div", { className: "first" }, labelled("lookup.publisher", publisher), publishers,
    make("label", { className: "check", hidden: !choices.kinds.some(([value]) => value === "guideline") }, guidelines, ` ${said("lookup.guidelines")}`));
  const warnings = make("div", { className: "alert", role: "alert" });

  // What was searched for in this tab of the browser, until it is closed.
  const SEARCHES = "b12.searches";
  const searched = () => {
    try {
      const found = JSON.parse(sessionStorage.getItem(SEARCHES) || "[]");
      return Array.isArray(found) ? found.filter(each => typeof each === "string").slice(0, 6) : [];
    } catch {
      return [];
    }
  };
  const remember = () => {
    const text = typed.value.trim();
    if (!text || text === searched()[0]) return;
    try {
      sessionStorage.setItem(SEARCHES, JSON.stringify([text, ...searched().filter(each => each !== text)].slice(0, 6)));
    } catch { /* nothing may be kept */ }
  };
  const recent = make("div", { className: "recent acts", role: "group", "aria-label": said("lookup.recent") });
  const recall = () => {
    const all = typed.value ? [] : searched();
    recent.hidden = !all.length;
    recent.replaceChildren(make("span", { className: "soft" }, said("lookup.recent")), ...all.map(text =>
      make("button", { type: "button", className: "plain", onclick: () => { typed.value = text; typed.focus(); run(); } }, ...revealed(text))));
  };
  const status = make("p", { className: "status soft" }, said("lookup.start", { passages: choices.passages.toLocaleString() }));
  const list = make("ol", { className: "list", "aria-label": said("lookup.results") });
  const fields = [publisher, kind, named, since, until];
  const number = field => /^\d{1,4}$/.test(field.value.trim()) && Number(field.value) > 0 ? Number(field.value) : null;
  const asked = () => ({
    text: typed.value,
    way: box.querySelector("input[name=lookup-way]:checked").value,
    publisher: publisher.value,
    kinds: kind.value ? [kind.value] : [],
    document: named.value,
    since: number(since),
    until: number(until),
    publication: only?.publication ?? "",
  });

  // A late answer never takes the place of a newer one.
  let timer, running = null;
  const run = async () => {
    clearTimeout(timer);
    recall();
    if (running) running.abort();
    const mine = running = new AbortController();
    guidelines.checked = kind.value === "guideline";
    const used = fields.filter(field => field.value.trim()).length;
    summary.textContent = said("lookup.filters") + (used ? ` (${used})` : "");
    clear.hidden = !used;
    onlyLine.hidden = !only;
    if (only) onlyText.replaceChildren(exact(said("lookup.only", { title: only.title })));
    if (!only && !/[\p{L}\p{N}]/u.test(typed.value)) {
      warnings.replaceChildren();
      list.replaceChildren();
      status.textContent = said("lookup.start", { passages: choices.passages.toLocaleString() });
      list.dataset.text = "";
      return;
    }
    const form = asked();
    try {
      const found = await post("/lookup/search", form, mine.signal);
      show(found, form);
    } catch (error) {
      if (error.name === "AbortError") return;
      list.replaceChildren();
      status.textContent = said("lookup.failed", { problem: error.message });
    }
    say(status.textContent);
  };
  const AT_FIRST = 10;
  let results = [], limit = AT_FIRST;
  const draw = () => {
    const next = make("button", { type: "button", onclick: () => {
      const at = list.querySelectorAll("li.found").length;
      limit += AT_FIRST;
      draw();
      list.querySelectorAll("li.found")[at].focus();
    } }, said("lookup.more", { count: Math.min(AT_FIRST, results.length - limit) }));
    list.replaceChildren(...together(results.slice(0, limit)), ...(results.length > limit ? [make("li", { className: "next" }, next)] : []));
  };
  const show = (found, form) => {
    const same = JSON.stringify(found.notices);
    if (warnings.dataset.same !== same) notices(warnings, found.notices); // announced only when it says something else
    warnings.dataset.same = same;
    const items = () => [...list.querySelectorAll("li.found")], at = items().indexOf(row());
    [results, limit] = [found.rows, AT_FIRST];
    draw();
    if (at >= 0) (items()[at] || items().pop() || typed).focus(); // focus that was in the list stays in it
    const most = found.rows.length === 200;
    status.textContent = found.message ? found.message // nothing was searched
      : !found.rows.length ? said("lookup.nothing")
      : form.publication && !form.text.trim() ? count("sources.used", found.rows.length)
      : form.publisher.trim() && !found.rows.some(row => row.pieces.some(([, kind]) => kind.includes("w"))) ? said("lookup.no_word")
      : most ? said("lookup.found_most", { count: found.rows.length }) : count("lookup.found", found.rows.length);
    list.dataset.text = form.text;
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(run, WAIT);
  };
  typed.addEventListener("input", later);
  typed.addEventListener("change", remember);
  for (const field of fields) field.addEventListener("input", later);
  for (const way of ways) way.addEventListener("change", run);
  guidelines.addEventListener("change", () => {
    kind.value = guidelines.checked ? "guideline" : "";
    run();
  });
  group.addEventListener("change", draw);
  // From the list of sources: what a publisher says, or the sentences of one publication.
  const begin = () => {
    if (!b12.wanted) return;
    for (const field of fields) field.value = "";
    publisher.value = b12.wanted.publisher ?? "";
    only = b12.wanted.publication ? b12.wanted : null;
    if (only) typed.value = "";
    b12.wanted = null;
    typed.focus();
    run();
  };
  addEventListener("b12-wanted", begin);
  clear.addEventListener("click", () => {
    for (const field of fields) field.value = "";
    kind.focus();
    run();
  });

  // Many questions
  const questions = make("textarea", { id: "lookup-many", rows: 5, spellcheck: true });
  const go = make("button", { type: "button", className: "main", id: "lookup-many-go" }, said("lookup.many_go"));
  const stop = make("button", { type: "button", hidden: true }, said("lookup.many_stop"));
  const all = make("button", { type: "button", hidden: true }, said("reply.copy"));
  const note = make("p", { className: "soft", id: "lookup-many-note" });
  const bar = make("progress", { max: 1, value: 0, hidden: true, "aria-label": said("lookup.many") });
  const above = make("div", { className: "alert", role: "alert" });
  const body = make("tbody");
  const table = make("div", { className: "wide", hidden: true, tabIndex: 0, role: "region", "aria-label": said("lookup.many_table") },
    make("table", {}, make("thead", {}, make("tr", {},
      ...["number", "question", "quote", "source"].map(name => make("th", { scope: "col" }, said(`lookup.many_${name}`))))), body));
  const many = make("details", { className: "many" }, make("summary", {}, said("lookup.many")),
    make("label", { for: questions.id }, said("lookup.many_label", { most: MANY })), questions,
    make("p", { className: "acts" }, go, stop, all), note, bar, above, table);
  let wanted = false;
  const line = (question, at, answer) => {
    const quote = answer.quote;
    return make("tr", { className: quote ? "with" : "without" }, make("td", {}, String(at)),
      make("th", { scope: "row", dir: "auto" }, exact(question)),
      make("td", {}, quote ? words(quote.pieces) : null, make("p", { className: "soft" }, answer.message)),
      make("td", {}, ...(quote ? [...caption(quote)] : [])));
  };
  go.addEventListener("click", async () => {
    const lines = questions.value.split("\n").map(text => text.trim()).filter(text => /[\p{L}\p{N}]/u.test(text));
    const taken = lines.slice(0, MANY);
    note.textContent = !taken.length ? said("lookup.many_none")
      : lines.length > MANY ? said("lookup.many_over", { most: MANY, count: lines.length }) : "";
    say(note.textContent);
    if (!taken.length) return questions.focus();
    body.replaceChildren();
    above.replaceChildren();
    const flagged = new Map();
    wanted = true;
    Object.assign(bar, { max: taken.length, value: 0, hidden: false });
    stop.hidden = false;
    go.disabled = true;
    table.hidden = false;
    let done = 0;
    for (const question of taken) {
      if (!wanted) break;
      let answer;
      try {
        answer = await post("/lookup/best", { text: question });
      } catch (error) {
        answer = { notices: [], quote: null, message: said("lookup.failed", { problem: error.message }) };
      }
      const alarms = answer.notices.filter(each => each.alarm || each.language);
      for (const each of alarms) {
        const at = [...flagged.get(each.text_id)?.at ?? [], done + 1];
        const heading = each.alarm && said("lookup.many_at", { number: at.join(", "), heading: each.heading }) || each.heading;
        flagged.set(each.text_id, { ...each, at, heading });
      }
      if (alarms.length) notices(above, [...flagged.values()]);
      body.append(line(question, done + 1, answer));
      bar.value = done += 1;
    }
    bar.hidden = stop.hidden = true;
    go.disabled = false;
    all.hidden = !body.querySelector("tr.with");
    const over = note.textContent;
    note.textContent = [over, said("lookup.many_done", { done, count: taken.length })].filter(Boolean).join(" ");
    say(note.textContent);
  });
  stop.addEventListener("click", () => { wanted = false; });
  all.addEventListener("click", async () => {
    try {
      await b12.reply([...body.querySelectorAll("a.cite")].map(link => link.getAttribute("href")));
      note.textContent = said("reply.copied");
    } catch {
      note.textContent = said("cite.failed");
    }
    say(note.textContent);
  });

  // Keys
  const single = make("input", { type: "checkbox", id: "lookup-keys", checked: localStorage.getItem(SWITCH) !== "off" });
  single.addEventListener("change", () => single.checked ? localStorage.removeItem(SWITCH) : localStorage.setItem(SWITCH, "off"));
  const keys = make("details", { className: "keys" }, make("summary", {}, said("lookup.keys")),
    make("label", {}, single, ` ${said("lookup.keys_on")}`),
    make("dl", {}, ...[["/", "search"], ["j ↓", "next"], ["k ↑", "before"], ["Enter", "open"], ["c", "copy"], ["Ctrl K", "anywhere"]]
      .map(([key, name]) => make("div", {}, make("dt", {}, make("kbd", {}, key)), make("dd", {}, said(`lookup.key_${name}`))))));
  const row = () => document.activeElement && document.activeElement.closest("#lookup li.found");
  const move = step => {
    const now = row(), items = [...list.querySelectorAll("li.found")];
    const at = now ? items.indexOf(now) + step : 0;
    if (at < 0) typed.focus();
    else if (items[at]) items[at].focus();
  };
  document.addEventListener("keydown", event => {
    if (b12.shown() !== "lookup" || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog:modal")) return;
    const typing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea");
    if (event.target === typed && (event.key === "ArrowDown" || event.key === "Enter")) {
      event.preventDefault();
      move(1);
    }
    if (typing) return;
    const now = row(), on = now && event.target === now;
    const letter = single.checked ? event.key : "";
    if (letter === "/") { event.preventDefault(); typed.focus(); typed.select(); }
    else if (event.target.closest("select")) return; // letters choose in it
    else if (letter === "j" || (on && event.key === "ArrowDown")) { event.preventDefault(); move(1); }
    else if (letter === "k" || (on && event.key === "ArrowUp")) { event.preventDefault(); move(-1); }
    else if (on && event.key === "Enter") {
      now.querySelector("details").open = true; // the focus comes back to the link
      now.querySelector("a.cite").click();
    }
    else if (now && letter === "c") now.querySelector("button.copy").click();
  });

  box.append(
    make("div", { className: "head" }, make("h1", { id: "lookup-heading" }, said("lookup.heading")), make("p", { className: "soft" }, said("lookup.lead"))),
    make("form", { className: "form", role: "search", onsubmit: event => event.preventDefault() },
      make("label", { for: typed.id }, said("lookup.box")), typed, warnings, // above a phone's keyboard
      make("fieldset", { className: "ways" }, make("legend", {}, said("lookup.ways")), ...ways), first, filters, onlyLine),
    recent, status, list, many, keys);
  recall();
  begin();
});
