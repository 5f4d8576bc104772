// A document: the quote in view, menus that close, words to copy. In the panel also Escape, and links that leave no trace.
"use strict";
(() => {
  const framed = parent !== window;
  const find = selector => document.querySelector(selector);

  const land = () => {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const place = named || document.getElementById("hit");
    if (!place) return;
    place.scrollIntoView({ block: "center" });
    if (place.focus) place.focus({ preventScroll: true });
  };
  // Earlier, the browser's own jump to the place takes the focus away again.
  addEventListener("load", () => requestAnimationFrame(land));

  const print = find("#print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }

  const menus = [...document.querySelectorAll(".bar details")];
  const shut = (but = null) => menus.filter(menu => menu !== but && menu.open).map(menu => { menu.open = false; return menu; });
  for (const menu of menus) menu.addEventListener("toggle", () => menu.open && shut(menu));
  addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    const [closed] = shut();
    if (closed) closed.querySelector("summary").focus();
    else if (framed) parent.postMessage("close-source", location.origin);
  });

  // Copying: the page gives the text, so that it is the source's own, whatever the screen shows.
  const copy = async link => {
    const text = fetch(link.href).then(answer => answer.ok ? answer.text() : Promise.reject(new Error(answer.status)));
    const kinds = { "text/plain": text.then(found => new Blob([found], { type: "text/plain" })) };
    let message = link.dataset.failed;
    try {
      await navigator.clipboard.write([new ClipboardItem(kinds)]);
      message = link.dataset.copied;
    } catch { /* said below */ }
    find("#say").textContent = message;
    setTimeout(() => { find("#say").textContent = ""; }, 4000);
  };

  document.addEventListener("click", event => {
    const link = event.target.closest("a[href]");
    if (!event.target.closest(".bar details") || event.target.closest(".outline a")) shut();
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.classList.contains("copy") && navigator.clipboard) {
      event.preventDefault();
      copy(link);
    } else if (framed && !link.target && link.origin === location.origin) {
      event.preventDefault();
      const near = link.pathname === location.pathname && link.search === location.search;
      location.replace(link.href); // no trace: the browser's Back closes the panel
      if (near) land();
    }
  });
})();
