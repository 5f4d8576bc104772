// What the other scripts build on: the page's words, the making of nodes, and tabs that are filled when they are opened.
"use strict";
globalThis.b12 = (() => {
  const root = document.documentElement;

  // Words of the interface, as in data/page/labels: said("panel.source_of", { number: 2 }).
  let tables = {};
  const ready = fetch("/own/labels.json").then(answer => answer.json()).then(found => {
    tables = found;
    root.lang = found.code;
  });
  const said = (key, values = {}) => {
    const [table, name] = key.split(".");
    return tables[table][name].replace(/\{(\w+)\}/g, (_, value) => String(values[value]));
  };
  // One of two labels, by number.
  const count = (key, number, values = {}) =>
    said(`${key}_${number === 1 ? "one" : "many"}`, { count: number.toLocaleString(root.lang), ...values });

  // Text goes in as text: nothing a source wrote is ever read as markup.
  const make = (tag, properties = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.includes("-") || name === "role" || name === "for") node.setAttribute(name, value);
      else node[name] = value;
    }
    node.append(...children);
    return node;
  };

  // JSON in, JSON out. What goes wrong is an Error with the sentence to show.
  const post = async (path, content, signal) => checked(await fetch(path, {
    method: "POST", signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content),
  }));
  const get = async path => checked(await fetch(path));
  const checked = async answer => {
    const found = await answer.json();
    if (!answer.ok) throw new Error([found.detail, found.hint].filter(Boolean).join(" "));
    return found;
  };

  // One live region for the whole page.
  const say = text => {
    const region = document.getElementById("say");
    if (region) region.textContent = text;
  };

  // What was done, in words that stay a moment.
  let fading;
  const toast = text => {
    let box = document.getElementById("toast");
    if (!box) document.body.append(box = make("div", { id: "toast", "aria-hidden": "true" }));
    box.textContent = text;
    say(text);
    clearTimeout(fading);
    fading = setTimeout(() => { box.textContent = ""; }, 2000 + 60 * text.length);
  };

  // A line that stays while the server cannot be reached.
  const line = make("p", { id: "lost", role: "status" });
  document.body.append(line);
  addEventListener("b12-lost", () => {
    root.classList.add("lost");
    if (tables.ask) line.textContent = said(navigator.onLine ? "ask.lost" : "ask.offline");
  });
  addEventListener("b12-found", () => {
    root.classList.remove("lost");
    line.textContent = "";
  });

  // A surface is an empty column that `fill` gets when its tab is first opened: surface("lookup", root => { … }).
  const surfaces = new Map();
  const surface = (id, fill) => {
    surfaces.set(id, fill);
    look();
  };
  const look = () => ready.then(() => {
    for (const [id, fill] of surfaces) {
      const place = document.getElementById(id);
      if (place && !place.dataset.filled) {
        place.dataset.filled = "yes";
        Promise.resolve(fill(place)).then(() => settle(place.querySelector("input, textarea"), id));
      }
    }
  });

  // Tabs: arrows, Home and End move among them; panels are named by their tabs; an address may name one.
  const NAMES = ["ask", "lookup"];
  const tabs = () => [...document.querySelectorAll("#tabs [role=tab]")].filter(tab => NAMES.includes(nameOf(tab)));
  const nameOf = tab => tab.dataset.tabId;
  const shown = () => {
    const tab = tabs().find(each => each.getAttribute("aria-selected") === "true");
    return tab ? nameOf(tab) : "ask";
  };
  const tidy = () => {
    const list = document.querySelector("#tabs [role=tablist]");
    list?.setAttribute("aria-label", said("tabs.name"));
    for (const tab of tabs()) {
      const panel = document.getElementById(`tab-${nameOf(tab)}`);
      tab.tabIndex = tab.getAttribute("aria-selected") === "true" ? 0 : -1;
      if (panel?.getAttribute("role") === "tabpanel") panel.setAttribute("aria-labelledby", tab.id);
    }
    document.body.dataset.tab = shown();
  };
  document.addEventListener("keydown", event => {
    const all = tabs(), at = all.indexOf(event.target);
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = all[(next + all.length) % all.length];
    tab.click();
    tab.focus();
  });
  document.addEventListener("click", event => {
    const tab = event.target.closest?.("#tabs [role=tab]");
    if (!tab || !NAMES.includes(nameOf(tab))) return;
    const place = nameOf(tab) === "ask" ? location.pathname : `#${nameOf(tab)}`;
    if (!history.state?.src) history.replaceState(null, "", place);
  });
  let named = location.hash.slice(1);
  const begin = () => {
    const tab = tabs().find(each => nameOf(each) === named);
    if (!tab) return;
    tab.click();
    named = "";
  };
  addEventListener("hashchange", () => { // typed into the address of an open page
    named = location.hash.slice(1);
    begin();
  });

  // Give a field of a tab that an address named the focus, unless somebody is elsewhere by then than in the box of Ask, which
  // is out of sight. The framework hides the page until its styles have come, and what is hidden takes no focus.
  const settle = (field, name) => {
    const now = document.activeElement;
    if (!field || shown() !== name || (now && now !== document.body && !now.closest("#ask"))) return;
    if (field.checkVisibility({ visibilityProperty: true })) field.focus();
    else requestAnimationFrame(() => settle(field, name));
  };

  let planned = false;
  const changed = () => {
    if (planned) return;
    planned = true;
    requestAnimationFrame(() => {
      planned = false;
      begin();
      tidy();
      look();
    });
  };
  ready.then(() => {
    changed();
    const watched = { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-selected"] };
    new MutationObserver(changed).observe(document.body, watched);
  });

  return { ready, said, count, make, post, get, say, toast, surface };
})();
