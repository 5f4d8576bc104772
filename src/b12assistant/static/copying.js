// To the clipboard: a passage with its citation, an answer as a message, the address of an answer.
"use strict";
b12.ready.then(() => {
  const { said } = b12;

  // The words come from the source, not from the screen. Asked for at once, for a press is only remembered for a moment.
  const copyCited = async address => {
    const url = new URL(address, location.origin);
    url.pathname = url.pathname.replace(/^\/d\//, "/cite/");
    const text = fetch(url).then(answer => answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status))));
    const kinds = { "text/plain": text.then(found => new Blob([found], { type: "text/plain" })) };
    await navigator.clipboard.write([new ClipboardItem(kinds)]);
  };

  // A passage that was looked up, with its citation.
  document.addEventListener("click", async event => {
    const figure = event.target.closest?.("figure.quote button.copy")?.closest("figure");
    if (!figure) return;
    let message = said("cite.copied");
    try {
      await copyCited(figure.querySelector("a.cite").getAttribute("href"));
    } catch { // no clipboard here, or the words are gone
      getSelection().selectAllChildren(figure.querySelector("blockquote"));
      message = said("ask.selected");
    }
    b12.toast(message);
  });

  // An answer as a message to whoever asked: text, and HTML for programs that take it. The server writes both.
  b12.reply = async parts => {
    const made = b12.post("/reply", { parts });
    const as = (type, form) => made.then(found => new Blob([found[form]], { type }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": as("text/plain", "text"), "text/html": as("text/html", "html") })]);
  };

  // The address holds the question behind its "#", which is sent to nobody; anyone who gets the link can read it.
  document.addEventListener("click", async event => {
    const button = event.target.closest?.("#thread button.copy-answer");
    if (!button) return;
    const address = new URL(button.value, location.origin).href;
    let message = said("cite.copied");
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      message = said("cite.no_clipboard");
      prompt(message, address);
    }
    b12.toast(message);
  });
});
