// The tab Sources: every document with who is behind it and what it covers.
"use strict";
b12.surface("sources", place => {
  const { said, count, make, words, get } = b12;
  const SHOWN = 100; // documents at first
  let sources = [], limit = SHOWN;

  const box = make("input", { type: "search", id: "sources-find", autocomplete: "off" });
  const found = make("p", { className: "found", role: "status" });
  const list = make("ul", { className: "documents" });
  place.append(make("div", { className: "surface" },
    make("h1", { textContent: said("sources.heading") }), make("p", { className: "lead", textContent: said("sources.lead") }),
    make("p", { className: "find" }, make("label", { for: "sources-find", textContent: said("sources.find") }), box), found, list));

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

  const draw = () => {
    const wanted = box.value.trim().toLowerCase();
    const fitting = sources.filter(source =>
      [source.title, source.kind, source.publisher, source.based_on, ...source.covers].join("\n").toLowerCase().includes(wanted));
    found.textContent = fitting.length ? count("sources.documents", fitting.length) : said("sources.none");
    const more = make("button", { type: "button", textContent: said("sources.more") });
    more.addEventListener("click", () => { limit += SHOWN; draw(); });
    list.replaceChildren(...fitting.slice(0, limit).map(row), ...(fitting.length > limit ? [make("li", {}, more)] : []));
  };
  box.addEventListener("input", () => { limit = SHOWN; draw(); });

  get("/sources").then(answer => {
    sources = answer.sources;
    draw();
  }).catch(error => found.replaceWith(
    make("p", { className: "note bad", role: "alert", textContent: said("sources.failed", { problem: error.message }) })));
});
