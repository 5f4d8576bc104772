// The tab Sources: the publications behind our summaries, then every document with who is behind it and what it covers.
"use strict";
b12.surface("sources", place => {
  const { said, count, make, words, get } = b12;
  const SHOWN = 100; // documents at first
  const SHOWN_FIRST = 20; // publications at first
  let sources = [], publications = [], limit = SHOWN, most = SHOWN_FIRST;

  const box = make("input", { type: "search", id: "sources-find", autocomplete: "off" });
  const found = make("p", { className: "found", role: "status" });
  const list = make("ul", { className: "documents" });
  const kind = make("select", { id: "sources-kind" });
  const known = make("p", { className: "count", role: "status" });
  const named = make("ul", { className: "publications" });
  const above = make("section", { hidden: true }, make("h2", { textContent: said("sources.publications") }), known, named);
  place.append(make("div", { className: "surface" },
    make("h1", { textContent: said("sources.heading") }), make("p", { className: "lead", textContent: said("sources.lead") }),
    make("p", { className: "find" }, make("label", { for: "sources-find", textContent: said("sources.find") }), box,
      make("label", { for: "sources-kind", className: "sr", textContent: said("sources.kind_of") }), kind),
    above, make("h2", { textContent: said("sources.documents") }), found, list));

  const badge = (text, kind) => text ? make("span", { className: `badge ${kind}`, textContent: text }) : null;
  const fact = (name, value) => value ? make("div", {}, make("dt", { textContent: said(`sources.${name}`) }), make("dd", {}, value)) : null;
  const text = value => value ? words(value) : null;
  const link = url => /^https?:\/\//i.test(url) ? make("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, words(url)) : text(url);

  const row = source => make("li", { className: source.off ? "document is-off" : "document" },
    make("h2", {}, make("a", { className: "cite", href: source.address }, words(source.title))),
    make("p", { className: "badges" }, badge(source.sells, "sells"), badge(source.never_quoted && said("sources.never_quoted"), "off"),
      badge(source.off && said("sources.off", { why: source.off }), "off"), badge(source.overdue && said("sources.overdue"), "caution")),
    make("dl", { className: "facts" },
      fact("kind", source.kind), fact("publisher", text(source.publisher)), fact("based_on", text(source.based_on)), fact("year", source.year),
      fact("review", text(source.review)), fact("review_by", source.review_by), fact("link", link(source.url))),
    source.covers.length ? make("details", {}, make("summary", { textContent: said("sources.covers") }),
      make("ul", {}, ...source.covers.map(heading => words(heading, "li")))) : null);

  const publication = each => make("li", {},
    make("p", {}, make("strong", {}, words(each.publisher)), ` · ${[each.kind_label, each.country, each.year].filter(Boolean).join(" · ")}`),
    make("p", {}, /^https?:\/\//i.test(each.url)
      ? make("a", { href: each.url, rel: "noreferrer noopener", target: "_blank" }, words(each.title)) : words(each.title)),
    make("p", { className: "soft" },
      going(count("sources.used", each.used), { publication: each.id, title: each.title }, said("sources.open_used")), " ",
      going(said("sources.look_up", { publisher: each.publisher }), { publisher: each.publisher })));
  // To Look up, with a filter.
  const going = (text, filter, title = "") => make("button", { type: "button", className: "plain", title, onclick: () => {
    b12.wanted = filter;
    b12.open("lookup");
    dispatchEvent(new Event("b12-wanted"));
  } }, text);

  // Every word that is typed must occur.
  const fits = (texts, wanted) => {
    const text = texts.join("\n").toLowerCase();
    return wanted.every(word => text.includes(word));
  };
  const shown = (all, limit, drawn, more) => {
    const button = make("button", { type: "button", textContent: said("sources.more") });
    button.addEventListener("click", more);
    return [...all.slice(0, limit).map(drawn), ...(all.length > limit ? [make("li", {}, button)] : [])];
  };
  const draw = () => {
    const wanted = box.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const by = each => each.publisher.toLowerCase() === wanted.join(" ") ? 0
      : wanted.some(word => each.publisher.toLowerCase().split(/\W+/).includes(word)) ? 1 : 2;
    const said_by = publications.filter(each => (!kind.value || each.kind === kind.value)
      && fits([each.publisher, each.title, each.kind_label, each.country, each.year], wanted))
      .sort((one, other) => by(one) - by(other)); // those of a publisher that was named come first
    known.textContent = said_by.length ? count("sources.publications", said_by.length) : said("sources.none");
    named.replaceChildren(...shown(said_by, most, publication, () => { most += SHOWN; draw(); }));
    const fitting = sources.filter(source =>
      fits([source.title, source.kind, source.publisher, source.based_on, ...source.covers], wanted));
    found.textContent = fitting.length ? count("sources.documents", fitting.length) : said("sources.none");
    list.replaceChildren(...shown(fitting, limit, row, () => { limit += SHOWN; draw(); }));
  };
  const again = () => {
    limit = SHOWN;
    most = SHOWN_FIRST;
    draw();
  };
  box.addEventListener("input", again);
  kind.addEventListener("input", again);

  get("/sources").then(answer => {
    ({ sources, publications } = answer);
    above.hidden = kind.hidden = !publications.length;
    const kinds = new Map(publications.map(each => [each.kind, each.kind_label]));
    kind.replaceChildren(make("option", { value: "" }, said("sources.any_kind")),
      ...[...kinds].map(([value, label]) => make("option", { value }, label)));
    draw();
  }).catch(error => found.replaceWith(
    make("p", { className: "note bad", role: "alert", textContent: said("sources.failed", { problem: error.message }) })));
});
