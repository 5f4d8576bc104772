// The tab Evaluate: reports that `evaluate` wrote, read from a configured folder; nothing is measured from here.
"use strict";
b12.surface("evaluate", place => {
  const { said, count, make, words, get, say } = b12;
  const SHOWN = 100; // rows at first

  const list = make("ul", { className: "reports" });
  const lead = make("p", { className: "lead" });
  const report = make("section", { className: "report", tabIndex: -1 });
  place.append(make("div", { className: "surface" }, make("h1", { textContent: said("evaluate.heading") }), lead, list, report));

  const short = number => number.toFixed(3); // as the tables of a report have it
  const bad = text => make("p", { className: "note bad", role: "alert", textContent: text });
  const draw = (tag, attributes, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const picture = (size, told, ...parts) => draw("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": told, class: "plot square" }, ...parts);
  const text = (x, y, content, more = {}) => draw("text", { x, y, ...more }, content);
  const wide = (name, table) => make("div", { className: "wide", role: "region", tabIndex: 0, "aria-label": name }, table);
  const table = (head, rows) => make("table", {},
    make("thead", {}, make("tr", {}, ...head.map(cell => cell ? make("th", { scope: "col", textContent: cell }) : make("td", {})))),
    make("tbody", {}, ...rows.map(([first, ...cells]) => make("tr", {}, make("th", { scope: "row" }, words(first)), ...cells.map(cell => make("td", { textContent: cell }))))));
  const facts = pairs => make("dl", { className: "facts" }, ...pairs.map(([name, value]) => make("div", {}, make("dt", { textContent: name }), make("dd", {}, words(value)))));

  // Means as dots in their intervals, one row each, all on the scale from 0 to 1.
  const intervals = scores => make("ul", { className: "intervals" }, ...scores.flatMap(each => each.rows.map(row => {
    const at = value => `${(1 + 98 * value).toFixed(2)}%`;
    const name = [each.measure, row.name].filter(Boolean).join(", ");
    const told = said("evaluate.interval", { name, mean: short(row.mean), low: short(row.low), high: short(row.high) });
    return make("li", {}, make("span", { textContent: name }), make("strong", { textContent: short(row.mean) }),
      draw("svg", { role: "img", "aria-label": told, class: "plot" },
        draw("line", { class: "rail", x1: at(0), x2: at(1), y1: 8, y2: 8 }),
        draw("line", { class: "range", x1: at(row.low), x2: at(row.high), y1: 8, y2: 8 }),
        draw("circle", { cx: at(row.mean), cy: 8, r: 5 })));
  })));

  const reliability = found => {
    const size = 340, left = 48, top = 12, foot = 48;
    const x = value => left + value * (size - left - 12), y = value => size - foot - value * (size - foot - top);
    const most = Math.max(...found.bins.map(bin => bin.n));
    const dots = found.bins.map(bin => draw("circle", { cx: x(bin.confidence), cy: y(bin.right), r: 3.5 + 7 * Math.sqrt(bin.n / most) }));
    const ticks = [0, 0.5, 1].flatMap(value => [
      text(x(value), size - foot + 18, value, { class: "scale", "text-anchor": "middle" }),
      text(left - 8, y(value) + 4, value, { class: "scale", "text-anchor": "end" })]);
    const axes = draw("path", { class: "axes", d: `M${x(0)} ${y(1)}V${y(0)}H${x(1)}` });
    const level = draw("line", { class: "even", x1: x(0), y1: y(0), x2: x(1), y2: y(1) });
    const names = [text((x(0) + x(1)) / 2, size - 8, said("evaluate.reliability_x"), { class: "scale", "text-anchor": "middle" }),
      text(0, 0, said("evaluate.reliability_y"), { class: "scale", "text-anchor": "middle", transform: `translate(14 ${(y(0) + y(1)) / 2}) rotate(-90)` })];
    const rows = found.bins.map(bin => [said("evaluate.reliability_bin", bin), String(bin.n), short(bin.confidence), short(bin.right)]);
    const head = ["", ...["count", "confidence", "right"].map(name => said(`evaluate.reliability_${name}`))];
    const told = rows.map(row => row.join(", ")).join("; ");
    return make("section", {}, make("h3", { textContent: said("evaluate.reliability") }),
      make("p", { className: "soft", textContent: said("evaluate.reliability_lead") }),
      make("div", { className: "beside" }, picture(size, told, axes, level, ...ticks, ...names, ...dots),
        make("div", {}, make("p", { className: "soft", textContent: said("evaluate.reliability_error", { error: short(found.calibration_error), n: found.n }) }),
          wide(said("evaluate.reliability"), table(head, rows)))));
  };

  // Question by question: a table that is filtered, and what is known of one question under its row.
  const queries = (found, kind) => {
    const box = make("input", { type: "search", id: "evaluate-find", autocomplete: "off" });
    const only = make("input", { type: "checkbox", id: "evaluate-failures" });
    const told = make("p", { className: "found", role: "status" });
    const body = make("tbody", {});
    const more = make("button", { type: "button", className: "quiet", textContent: said("evaluate.more") });
    const columns = kind === "questions" ? [said("evaluate.column_result"), said("evaluate.column_place")] : found.columns;
    const cells = row => kind === "questions" ? [said(`evaluate.result_${row.cells[0]}`), row.cells[1]] : row.cells;
    let fitting = [], limit = SHOWN, opened = null, inside = null;

    const step = (row, way) => {
      const failures = fitting.filter(each => each.failed || each === row), at = failures.indexOf(row);
      return failures[at + way];
    };
    const close = () => {
      if (inside) inside.remove();
      const button = opened && body.querySelector(`tr[data-query="${CSS.escape(opened.id)}"] button`);
      if (button) button.setAttribute("aria-expanded", "false");
      opened = inside = null;
      return button;
    };
    const go = (row, way, name) => {
      const next = step(row, way);
      const button = make("button", { type: "button", className: "quiet", textContent: said(`evaluate.${name}`), disabled: !next });
      if (next) button.addEventListener("click", () => {
        const index = fitting.indexOf(next);
        if (index >= limit) {
          limit = index + SHOWN;
          fill();
        }
        open(next);
      });
      return button;
    };
    const quote = each => make("li", {}, make("blockquote", {}, words(each.text)),
      make("p", { className: "soft" }, each.address ? make("a", { className: "cite", href: each.address }, words(each.title)) : words(each.title),
        ` · ${said(each.hit ? "evaluate.hit" : "evaluate.miss")}`));
    const open = row => {
      close();
      opened = row;
      const button = body.querySelector(`tr[data-query="${CSS.escape(row.id)}"] button`);
      button.setAttribute("aria-expanded", "true");
      const shut = make("button", { type: "button", className: "quiet", textContent: said("evaluate.close") });
      shut.addEventListener("click", () => {
        const back = close();
        if (back) back.focus();
      });
      const heading = make("h4", { tabIndex: -1 }, words(row.words || row.id));
      const told = kind === "questions" ? [make("h5", { textContent: said("evaluate.quoted") }), row.quotes.length
        ? make("ul", {}, ...row.quotes.map(quote)) : make("p", { className: "soft", textContent: said("evaluate.quoted_none") })] : [];
      inside = make("tr", { className: "detail" }, make("td", { colSpan: columns.length + 2 },
        make("div", { className: "sticky" }, heading, facts(row.facts), ...told,
          make("p", { className: "steps" }, go(row, -1, "previous"), go(row, 1, "next"), shut))));
      button.closest("tr").after(inside);
      heading.focus();
      heading.scrollIntoView({ block: "nearest" });
    };
    const line = row => {
      const button = make("button", { type: "button", className: "query", "aria-expanded": "false" }, words(row.words || row.id));
      button.addEventListener("click", () => opened === row ? close() : open(row));
      return make("tr", { className: row.failed ? "is-failed" : "", "data-query": row.id },
        make("th", { scope: "row" }, words(row.id)), make("td", { className: "long" }, button), ...cells(row).map((cell, i) => make("td", {},
          i === 0 && row.failed ? make("span", { className: "badge caution", textContent: cell }) : cell)));
    };
    const fill = () => {
      close();
      body.replaceChildren(...fitting.slice(0, limit).map(line));
      more.hidden = fitting.length <= limit;
    };
    const filter = () => {
      const wanted = box.value.trim().toLowerCase();
      fitting = found.rows.filter(row => (!only.checked || row.failed) && `${row.id}\n${row.words}`.toLowerCase().includes(wanted));
      limit = SHOWN;
      told.textContent = fitting.length ? count("evaluate.queries", fitting.length) : said("evaluate.queries_none");
      fill();
    };
    box.addEventListener("input", filter);
    only.addEventListener("change", filter);
    more.addEventListener("click", () => { limit += SHOWN; fill(); });
    only.checked = found.rows.some(row => row.failed);
    const head = make("thead", {}, make("tr", {}, ...["id", said("evaluate.query"), ...columns].map(name => make("th", { scope: "col", textContent: name }))));
    const section = make("section", {}, make("h3", { textContent: said("evaluate.queries") }),
      make("div", { className: "filters" }, make("label", { for: "evaluate-find", textContent: said("evaluate.find") }), box,
        make("label", { className: "check" }, only, said("evaluate.failures"))),
      told, wide(said("evaluate.queries"), make("table", { className: "queries" }, head, body)), more);
    filter();
    return section;
  };

  const misses = found => make("section", {}, make("h3", { textContent: `${said("evaluate.misses")} · ${found.length}` }),
    ...(found.length ? found.map(miss => make("details", {},
      make("summary", {}, make("strong", { textContent: miss.id }), " ", words(miss.verdict)), make("pre", { dir: "auto", textContent: miss.trace.join("\n") })))
      : [make("p", { className: "soft", textContent: said("evaluate.misses_none") })]));

  const files = entry => make("section", {}, make("h3", { textContent: said("evaluate.files") }),
    make("ul", { className: "files" }, ...entry.files.map(file => make("li", {}, make("a", {
      href: `/reports/${encodeURIComponent(entry.name)}/${encodeURIComponent(file)}`, download: "", textContent: file })))));

  const show = (entry, told) => report.replaceChildren(...[
    make("h2", {}, words(told.title)), make("p", { className: "soft", textContent: said(`evaluate.kind_${told.kind}`) }),
    told.mind.length ? make("section", { className: "mind" }, make("h3", { textContent: said("evaluate.mind") }), make("ul", {}, ...told.mind.map(each => words(each, "li")))) : null,
    told.scores.length ? make("section", {}, make("h3", { textContent: said("evaluate.scores") }), intervals(told.scores)) : null,
    ...told.tables.map(each => make("section", {}, make("h3", { textContent: each.title }), wide(each.title, table(each.rows[0], each.rows.slice(1))))),
    told.reliability ? reliability(told.reliability) : null,
    told.queries ? queries(told.queries, told.kind) : null,
    told.misses ? misses(told.misses) : null,
    files(entry),
    told.about.length ? make("section", {}, make("h3", { textContent: said("evaluate.about") }), facts(told.about)) : null,
  ].filter(Boolean));

  let wanted = 0;
  const choose = async (entry, button) => {
    const mine = ++wanted;
    report.setAttribute("aria-busy", "true");
    for (const each of list.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === button));
    try {
      const told = await get(`/reports/${encodeURIComponent(entry.name)}`);
      if (mine !== wanted) return; // a late answer never overwrites a newer one
      show(entry, told);
      say(told.title);
    } catch (error) {
      if (mine === wanted) report.replaceChildren(make("h2", {}, words(entry.name)), bad(said("evaluate.broken", { problem: error.message })), files(entry));
    }
    if (mine === wanted) report.removeAttribute("aria-busy");
  };

  get("/reports").then(({ reports, folder }) => {
    lead.textContent = said(reports.length ? "evaluate.lead" : "evaluate.none", { folder });
    list.replaceChildren(...reports.map(entry => {
      const button = make("button", { type: "button", "aria-pressed": "false" }, words(entry.name),
        make("span", { className: "soft", textContent: said("evaluate.made", { made: entry.made.replace("T", " ").slice(0, 16) }) }));
      button.addEventListener("click", () => choose(entry, button));
      return make("li", {}, button);
    }));
    if (reports.length) choose(reports[0], list.querySelector("button"));
  }).catch(error => lead.replaceWith(bad(said("evaluate.broken", { problem: error.message }))));
});
