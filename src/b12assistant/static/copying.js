// Quotes to the clipboard, with their citation, in any of the forms the server gives: b12.copyAs(address, form).
"use strict";
b12.ready.then(() => {
  const { said, make } = b12;

  // The words come from the source, not from the screen. Asked for at once, for a press is only remembered for a moment.
  b12.copyAs = async (address, form) => {
    const url = new URL(address, location.origin);
    url.pathname = url.pathname.replace(/^\/d\//, "/cite/");
    url.searchParams.set("form", form);
    url.hash = "";
    const text = fetch(url).then(answer => answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status))));
    const as = type => text.then(found => new Blob([found], { type }));
    const kinds = { "text/plain": as("text/plain"), ...(form === "html" ? { "text/html": as("text/html") } : {}) };
    await navigator.clipboard.write([new ClipboardItem(kinds)]);
  };

  // Quotes as a message to whoever asked: text, and HTML for programs that take it. The server writes both.
  b12.reply = async addresses => {
    const made = b12.post("/reply", { addresses });
    const as = (type, form) => made.then(found => new Blob([found[form]], { type }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": as("text/plain", "text"), "text/html": as("text/html", "html") })]);
  };

  // The address holds the question behind its "#", which is sent to nobody; anyone who gets the link can read it.
  const copyAnswer = async button => {
    const address = new URL(button.value, location.origin).href;
    let message = said("cite.copied");
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      message = said("cite.no_clipboard");
      prompt(message, address);
    }
    shut(button.closest("details"));
    b12.toast(message);
  };

  const copy = async button => {
    const figure = button.closest("figure"), form = button.value || "plain", menu = button.closest("details.copying");
    let message = said(form === "report" ? "cite.copied_report" : "cite.copied");
    try {
      await b12.copyAs(figure.querySelector("a.cite").getAttribute("href"), form);
    } catch { // no clipboard here, or the words are gone
      getSelection().selectAllChildren(figure.querySelector("blockquote"));
      message = said("ask.selected");
    }
    if (menu) shut(menu);
    b12.toast(message);
  };

  const shut = menu => {
    menu.open = false;
    menu.querySelector("summary").focus();
  };
  const open = () => document.querySelector("#thread .copying[open]");
  document.addEventListener("click", event => {
    if (!event.target.closest) return;
    const button = event.target.closest("figure.quote button.copy, figure.quote button.copy-as");
    for (const menu of document.querySelectorAll("#thread .copying[open]")) if (!menu.contains(event.target)) menu.open = false;
    if (button) copy(button);
    const answer = event.target.closest("figure.quote button.copy-answer");
    if (answer) copyAnswer(answer);
  });
  document.addEventListener("keydown", event => {
    if (event.key !== "Escape" || !open()) return;
    event.stopImmediatePropagation();
    shut(open());
  }, true);
});
