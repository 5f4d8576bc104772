// The passage pack: addresses that the reader pinned, kept in this browser, shown and exported by the server's words.
"use strict";
(() => {
  const { said, make, revealed, words: exact, post, say, toast } = b12;
  const KEPT = "b12.pack";
  const MOST = 100;
  const MOST_PACKS = 20;
  const LONGEST = 60; // characters of a name
  const OURS = /^\/d\/[^?#]+\?at=[\d,-]+(&best=\d+-\d+)?&is=[0-9a-f,]+#hit$/;

  // What is read back is checked: it may hold anything. Before there were names it was a list of addresses.
  const pinsOf = found => Array.isArray(found) ? [...new Set(found.filter(each => OURS.test(each)))].slice(0, MOST) : [];
  const nameOf = found => typeof found === "string" ? found.trim().slice(0, LONGEST) : "";
  const read = () => {
    let found = null;
    try {
      found = JSON.parse(localStorage.getItem(KEPT));
    } catch { /* not ours */ }
    if (!Array.isArray(found?.packs)) return { at: 0, packs: [{ name: "", pins: pinsOf(found) }] };
    const packs = found.packs.slice(0, MOST_PACKS).map(each => ({ name: nameOf(each?.name), pins: pinsOf(each?.pins) }));
    if (!packs.length) packs.push({ name: "", pins: [] });
    return { at: packs[found.at] ? found.at : 0, packs };
  };
  let kept = read(), pinned = kept.packs[kept.at].pins;
  const store = () => {
    pinned = kept.packs[kept.at].pins;
    if (kept.packs.length > 1 || kept.packs[0].name || pinned.length) localStorage.setItem(KEPT, JSON.stringify(kept));
    else localStorage.removeItem(KEPT);
    tell();
  };
  const write = fresh => {
    kept.packs[kept.at].pins = fresh;
    store();
  };
  const tell = () => {
    for (const each of document.querySelectorAll("button.pin")) mark(each);
    opener();
  };
  addEventListener("storage", event => {
    if (event.key !== KEPT && event.key !== null) return;
    kept = read();
    pinned = kept.packs[kept.at].pins;
    tell();
  });

  const mark = button => {
    const is = pinned.includes(button.value);
    button.setAttribute("aria-pressed", String(is));
    if (!button.classList.contains("icon")) button.textContent = said(is ? "lookup.unpin" : "lookup.pin");
  };
  const add = address => {
    if (pinned.includes(address)) return;
    if (pinned.length >= MOST) return toast(said("pack.full", { count: MOST }));
    write([...pinned, address]);
    toast(said("pack.pinned", { count: pinned.length }));
  };
  const remove = address => {
    write(pinned.filter(each => each !== address));
    toast(said("pack.unpinned", { count: pinned.length }));
  };
  const button = address => {
    const made = make("button", { type: "button", className: "pin plain", value: address });
    mark(made);
    return made;
  };
  document.addEventListener("click", event => {
    const pressed = event.target.closest && event.target.closest("button.pin");
    if (pressed) (pinned.includes(pressed.value) ? remove : add)(pressed.value);
  });

  // The button in the head of the page, there when something is pinned or looked up.
  let open;
  const opener = () => {
    if (!open) return;
    const name = kept.packs[kept.at].name;
    open.textContent = name ? said("pack.open_named", { name, count: pinned.length }) : b12.count("pack.open", pinned.length);
    open.classList.toggle("none", !pinned.length);
  };
  const place = () => {
    const top = document.getElementById("top");
    if (!top || top.contains(open)) return;
    open = open || make("button", { type: "button", id: "pack-open", onclick: () => show() });
    top.append(open);
    opener();
  };
  // The buttons that the server drew beside every quote say whether it is saved.
  const pins = () => {
    for (const each of document.querySelectorAll(".turn button.pin:not([aria-pressed])")) mark(each);
  };

  // The pack itself
  let dialog, list, note, acts, empty, names, rename, naming, typed, isFresh;
  const build = () => {
    const close = make("button", { type: "button", id: "pack-close", onclick: () => dialog.close() }, said("panel.close"));
    list = make("ol", { className: "list" });
    note = make("p", { className: "soft", role: "status" });
    const forms = ["markdown", "html", "csv", "json"].map(form =>
      make("button", { type: "button", value: form, onclick: () => save(form) }, said(`pack.${form}`)));
    empty = make("button", { type: "button", className: "plain", onclick: clear }, said("pack.clear"));
    names = make("select", { id: "pack-name", onchange: () => {
      kept.at = Number(names.value);
      store();
      show();
    } });
    const fresh = make("button", { type: "button", className: "plain", onclick: () => ask(true) }, said("pack.fresh"));
    rename = make("button", { type: "button", className: "plain", onclick: () => ask(false) }, said("pack.rename"));
    typed = make("input", { id: "pack-typed", maxLength: LONGEST, autocomplete: "off", required: true });
    naming = make("form", { className: "acts", hidden: true, onsubmit: named }, make("label", { for: typed.id }, said("pack.name")), typed,
      make("button", { type: "submit" }, said("pack.keep")));
    const which = make("div", { className: "acts" }, make("label", { for: names.id }, said("pack.which")), names, fresh, rename);
    const reply = make("button", { type: "button", onclick: answer }, said("reply.copy"));
    acts = make("div", { className: "acts", role: "group", "aria-label": said("pack.export") },
      make("span", { className: "soft" }, said("pack.export")), ...forms, reply, empty);
    dialog = make("dialog", { id: "pack", className: "surface", "aria-labelledby": "pack-heading" },
      make("div", { className: "bar" }, make("h2", { id: "pack-heading" }, said("pack.heading")), close),
      make("p", { className: "soft" }, said("pack.why")), which, naming, acts, note, list);
    dialog.addEventListener("click", event => {
      const link = event.target.closest("a.cite");
      if (link && !event.ctrlKey && !event.metaKey) dialog.close(); // the document opens in the panel
    });
    document.body.append(dialog);
  };
  const ask = is => {
    isFresh = is;
    naming.hidden = false;
    typed.value = is ? "" : kept.packs[kept.at].name;
    typed.focus();
  };
  const named = event => {
    event.preventDefault();
    const name = nameOf(typed.value);
    if (!name) return typed.focus();
    if (isFresh && kept.packs.length >= MOST_PACKS) return toast(said("pack.many", { count: MOST_PACKS }));
    if (isFresh) kept.at = kept.packs.push({ name, pins: [] }) - 1;
    else kept.packs[kept.at].name = name;
    store();
    show();
    names.focus();
  };
  const answer = async () => {
    try {
      await b12.reply(pinned);
      note.textContent = said("reply.copied");
    } catch {
      note.textContent = said("cite.failed");
    }
  };
  let sure = false;
  const clear = () => {
    if (!sure) {
      sure = true;
      empty.textContent = said("pack.sure");
      return;
    }
    if (kept.packs.length > 1) {
      kept.packs.splice(kept.at, 1);
      kept.at = 0;
    } else kept.packs = [{ name: "", pins: [] }];
    store();
    say(said("pack.unpinned", { count: 0 }));
    show();
  };
  let wanted = 0;
  const show = async () => {
    const mine = ++wanted;
    if (!dialog) build();
    sure = false;
    naming.hidden = true;
    names.replaceChildren(...kept.packs.map(({ name }, at) => make("option", { value: String(at) }, name || said("pack.heading"))));
    names.value = String(kept.at);
    empty.textContent = said("pack.clear");
    acts.hidden = !pinned.length && kept.packs.length < 2;
    note.textContent = pinned.length ? "" : said("pack.empty");
    if (!pinned.length || !dialog.open) list.replaceChildren(); // of what was shown before nothing may be pressed
    if (!dialog.open) dialog.showModal();
    if (!pinned.length) return;
    try {
      const found = await post("/pack/read", { addresses: pinned });
      if (mine !== wanted) return; // a late answer never overwrites a newer one
      list.replaceChildren(...found.rows.map(item));
    } catch (error) {
      if (mine === wanted) note.textContent = said("pack.failed", { problem: error.message });
    }
  };
  const item = (row, at) => {
    const words = make("blockquote", { className: "said", dir: "auto" });
    const whole = (row.pieces || []).every(([, kind]) => /[sg]/.test(kind));
    for (const [text, kind] of row.pieces || []) {
      words.append(...kind.includes("s") ? [make("mark", { className: whole ? "whole" : "" }, ...revealed(text))] : revealed(text));
    }
    const act = (key, what, off) => make("button", {
      type: "button", className: "plain", disabled: off, "aria-label": `${said(key)}: ${at + 1}`, onclick: () => what(row.asked),
    }, said(key));
    return make("li", {},
      row.pieces ? words : make("p", { className: "wrong" }, said("pack.lost")),
      make("p", { className: "place" }, row.pieces
        ? make("a", { className: "cite", href: row.address }, make("span", { className: "words" }, exact(row.place.join(" › ") + (row.pages ? `, ${row.pages}` : ""))))
        : exact(decodeURIComponent(row.asked.slice(3).split("?")[0]))),
      row.who ? make("p", { className: "soft" }, exact(row.who),
        row.interest ? make("strong", { className: `badge ${row.sells ? "sells" : "may-sell"}` }, row.interest) : null) : null,
      ...(row.warnings || []).map(text => make("p", { className: "wrong" }, exact(text))),
      make("p", { className: "acts" }, act("pack.up", address => shift(address, -1), at === 0),
        act("pack.down", address => shift(address, 1), at === pinned.length - 1), act("pack.remove", take)));
  };
  const take = async address => {
    const at = pinned.indexOf(address);
    remove(address);
    await show();
    const next = list.children[Math.min(at, pinned.length - 1)];
    (next ? next.querySelector("button:last-of-type") : dialog.querySelector("#pack-close")).focus();
  };
  const shift = async (address, step) => {
    const order = [...pinned], at = order.indexOf(address);
    if (at < 0) return; // taken out elsewhere
    order.splice(at, 1);
    order.splice(at + step, 0, address);
    write(order);
    await show();
    const moved = list.children[at + step];
    if (!moved) return; // closed meanwhile
    const buttons = [...moved.querySelectorAll("button")];
    (buttons[step < 0 ? 0 : 1].disabled ? buttons[step < 0 ? 1 : 0] : buttons[step < 0 ? 0 : 1]).focus();
  };
  const save = async form => {
    try {
      const answer = await fetch(`/pack/export/${form}`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ addresses: pinned, name: kept.packs[kept.at].name }),
      });
      if (!answer.ok) throw new Error((await answer.json()).detail);
      const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))[1];
      const link = make("a", { href: URL.createObjectURL(await answer.blob()), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      note.textContent = said("pack.saved", { name });
    } catch (error) {
      note.textContent = said("pack.failed", { problem: error.message });
    }
  };

  b12.pack = { button, add, remove };
  let planned = false;
  b12.ready.then(() => {
    const look = () => {
      planned = false;
      place();
      pins();
    };
    new MutationObserver(() => {
      if (planned) return;
      planned = true;
      requestAnimationFrame(look);
    }).observe(document.body, { childList: true, subtree: true });
    look();
  });
})();
