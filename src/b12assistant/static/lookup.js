// The tab "Look up": a search as one types, with filters. What is typed goes out in bodies.
"use strict";
b12.surface("lookup", async root => {
  const { said, count, make, revealed, words: exact, post, get, say } = b12;
  const WAIT = 120; // milliseconds without a key before it is searched
  const box = make("section", { className: "surface lookup", "aria-labelledby": "lookup-heading" });
  root.append(box);

  // What a row shows: words, their place, who speaks.
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
  // One line says it and one who says so; opened, the whole passage.
  const item = row => {
    const best = row.pieces.filter(([, kind]) => kind.includes("s"));
    const line = make("span", { className: "line", dir: "auto" },
      ...best.flatMap(([text, kind]) => kind.includes("w") ? [make("b", {}, ...revealed(text))] : revealed(text)));
    return make("li", { className: "found" }, make("details", {},
      make("summary", {}, line,
        make("span", { className: "by soft" }, exact(`${row.by} — ${row.place[0]}`)),
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
  const choices = await get("/lookup/choices");
  const labelled = (key, field) => make("div", {}, make("label", { for: field.id }, said(key)), field);
  const kind = make("select", { id: "lookup-kind" }, make("option", { value: "" }, said("lookup.any_kind")),
    ...choices.kinds.map(([value, text]) => make("option", { value }, text)));
  const publishers = make("datalist", { id: "lookup-publishers" }, ...choices.publishers.map(value => make("option", { value })));
  const publisher = make("input", { id: "lookup-publisher", placeholder: said("lookup.any_publisher"), autocomplete: "off", maxLength: 300 });
  publisher.setAttribute("list", publishers.id);
  const phrase = make("input", { type: "checkbox", id: "lookup-phrase" });
  const year = name => make("input", {
    id: `lookup-${name}`, inputMode: "numeric", maxLength: 4, placeholder: said("lookup.any_year"), autocomplete: "off",
  });
  const since = year("since"), until = year("until");
  const clear = make("button", { type: "button", className: "plain", hidden: true }, said("lookup.clear"));
  const summary = make("summary", {}, said("lookup.filters"));
  const filters = make("details", { className: "sieve", open: matchMedia("(min-width: 700px)").matches }, summary,
    make("div", { className: "fields" }, make("label", { className: "check" }, phrase, said("lookup.phrase")),
      labelled("lookup.kind", kind), labelled("lookup.since", since), labelled("lookup.until", until),
      labelled("lookup.publisher", publisher), publishers, clear));
  const warnings = make("div", { className: "alert", role: "alert" });

  const status = make("p", { className: "status soft" }, said("lookup.start", { passages: choices.passages.toLocaleString() }));
  const list = make("ol", { className: "list", "aria-label": said("lookup.results") });
  const fields = [publisher, kind, since, until];
  const number = field => /^\d{1,4}$/.test(field.value.trim()) && Number(field.value) > 0 ? Number(field.value) : null;
  const asked = () => ({
    text: typed.value,
    phrase: phrase.checked,
    publisher: publisher.value,
    kinds: kind.value ? [kind.value] : [],
    since: number(since),
    until: number(until),
  });

  // A late answer never takes the place of a newer one.
  let timer, running = null;
  const run = async () => {
    clearTimeout(timer);
    if (running) running.abort();
    const mine = running = new AbortController();
    const used = fields.filter(field => field.value.trim()).length + phrase.checked;
    summary.textContent = said("lookup.filters") + (used ? ` (${used})` : "");
    clear.hidden = !used;
    if (!/[\p{L}\p{N}]/u.test(typed.value)) {
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
      list.querySelectorAll("li.found summary")[at].focus();
    } }, said("lookup.more", { count: Math.min(AT_FIRST, results.length - limit) }));
    list.replaceChildren(...results.slice(0, limit).map(item), ...(results.length > limit ? [make("li", { className: "next" }, next)] : []));
  };
  const show = (found, form) => {
    const same = JSON.stringify(found.notices);
    if (warnings.dataset.same !== same) notices(warnings, found.notices); // announced only when it says something else
    warnings.dataset.same = same;
    [results, limit] = [found.rows, AT_FIRST];
    draw();
    const most = found.rows.length === 200;
    status.textContent = found.message ? found.message // nothing was searched
      : !found.rows.length ? said("lookup.nothing")
      : form.publisher.trim() && !found.rows.some(row => row.pieces.some(([, kind]) => kind.includes("w"))) ? said("lookup.no_word")
      : most ? said("lookup.found_most", { count: found.rows.length }) : count("lookup.found", found.rows.length);
    list.dataset.text = form.text;
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(run, WAIT);
  };
  for (const field of [typed, ...fields]) field.addEventListener("input", later);
  phrase.addEventListener("change", run);
  clear.addEventListener("click", () => {
    for (const field of fields) field.value = "";
    phrase.checked = false;
    kind.focus();
    run();
  });

  box.append(
    make("h1", { id: "lookup-heading" }, said("lookup.heading")),
    make("form", { className: "form", role: "search", onsubmit: event => event.preventDefault() },
      make("label", { for: typed.id }, said("lookup.box")), typed, warnings, // above a phone's keyboard
      filters),
    status, list);
});
