// To the clipboard: a passage with its citation, an answer as a message, the address of an answer.
"use strict";
b12.ready.then(() => {
  const { said, make } = b12;

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

  // An answer as a message to whoever asked: the server writes it, and it can be changed before it is copied.
  let written, answered; // the last one, with what was changed in it, and its turn
  const write = text => {
    const box = make("textarea", { "aria-label": said("reply.text"), value: text });
    const copy = make("button", { type: "button", className: "primary", textContent: said("reply.take") });
    const close = make("button", { type: "button", textContent: said("panel.close") });
    const wrong = make("p", { role: "status" });
    const dialog = make("dialog", { id: "reply", "aria-label": said("reply.copy") }, box, wrong, make("p", {}, copy, close));
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(box.value);
        dialog.close();
        b12.toast(said("reply.copied"));
      } catch { // no clipboard here
        box.select();
        wrong.textContent = said("cite.failed");
      }
    });
    box.setSelectionRange(0, 0); // it is read from its beginning
    close.addEventListener("click", () => dialog.close());
    document.body.append(dialog);
    return dialog;
  };
  b12.reply = async (turn, parts) => {
    if (answered !== turn) {
      const { text } = await b12.post("/reply", { parts });
      written?.remove();
      written = write(text);
      answered = turn;
    }
    written.showModal();
  };

  // The address holds the question behind its "#", which is sent to nobody; anyone who gets the link can read it.
  document.addEventListener("click", async event => {
    const button = event.target.closest?.("#thread button.copy-answer");
    if (!button) return;
    const address = new URL(button.value, location.origin).href;
    let message = said("keep.copied");
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      message = said("cite.no_clipboard");
      prompt(message, address);
    }
    b12.toast(message);
  });
});
