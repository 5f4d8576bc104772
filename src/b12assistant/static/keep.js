// Keeping a conversation: on paper, or as a file that the server makes of the questions. Nothing of it stays in the browser.
"use strict";
b12.ready.then(() => {
  const { said, say } = b12;

  const turns = () => [...document.querySelectorAll("#thread .turn")].map(turn => ({
    question: turn.querySelector(".asked .exact").textContent,
    as_typed: turn.classList.contains("as-typed"),
  }));

  const save = async format => {
    const answer = await fetch("/export", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ format, turns: turns() }),
    });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))[1];
    const link = b12.make("a", { href: URL.createObjectURL(await answer.blob()), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return name;
  };

  document.addEventListener("click", async event => {
    const button = event.target.closest && event.target.closest("#keep button");
    if (!button) return;
    if (button.value === "print") {
      window.print();
      return;
    }
    const told = document.querySelector("#keep .told");
    try {
      told.textContent = said("keep.saved", { name: await save(button.value) });
    } catch (error) {
      told.textContent = said("keep.failed", { problem: error.message });
    }
    say(told.textContent);
  });
});
