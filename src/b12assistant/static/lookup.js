// The tab "Look up": a search as one types, with filters. What is typed goes out in bodies.
"use strict";
b12.surface("lookup", async root => {
  const { said, count, make, post, get, say } = b12;
  const WAIT = 120; // milliseconds without a key before it is searched
  const AT_FIRST = 10, MOST = 200; // passages: shown at once, found at most
  const box = make("section", { className: "surface lookup", "aria-labelledby": "lookup-heading" });
  root.append(box);

  // The server draws and escapes what is found.
  const item = html => Object.assign(document.createElement("template"), { innerHTML: html }).content.firstChild;

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
  const run = async (most = AT_FIRST) => {
    clearTimeout(timer);
    if (running) running.abort();
    const mine = running = new AbortController();
    const used = fields.filter(field => field.value.trim()).length + phrase.checked;
    summary.textContent = said("lookup.filters") + (used ? ` (${used})` : "");
    clear.hidden = !used;
    if (!/[\p{L}\p{N}]/u.test(typed.value)) {
      warnings.innerHTML = warnings.dataset.same = "";
      list.replaceChildren();
      status.textContent = said("lookup.start", { passages: choices.passages.toLocaleString() });
      list.dataset.text = "";
      return;
    }
    const form = { ...asked(), k: most };
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
  const more = async () => {
    const at = list.querySelectorAll("li.found").length;
    await run(at + AT_FIRST);
    list.querySelectorAll("li.found summary")[at]?.focus();
  };
  const show = (found, form) => {
    if (warnings.dataset.same !== found.notices) warnings.innerHTML = found.notices; // announced only when it says something else
    warnings.dataset.same = found.notices;
    const rest = found.count - found.rows.length;
    const next = make("button", { type: "button", onclick: more }, said("lookup.more", { count: Math.min(AT_FIRST, rest) }));
    list.replaceChildren(...found.rows.map(item), ...(rest > 0 ? [make("li", { className: "next" }, next)] : []));
    status.textContent = found.message ? found.message // nothing was searched
      : !found.count ? said("lookup.nothing")
      : form.publisher.trim() && !found.has_words ? said("lookup.no_word")
      : found.count === MOST ? said("lookup.found_most", { count: found.count }) : count("lookup.found", found.count);
    list.dataset.text = form.text;
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(run, WAIT);
  };
  for (const field of [typed, ...fields]) field.addEventListener("input", later);
  phrase.addEventListener("change", () => run());
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
