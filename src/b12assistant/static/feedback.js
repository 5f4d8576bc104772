// Feedback, where an operator turned it on: on an answer and on each quote, apart. It is written down and changes no ranking.
"use strict";
b12.ready.then(() => {
  const { said, make, get, post, say } = b12;

  const vote = async (group, content) => {
    const told = group.querySelector(".told");
    const buttons = [...group.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    try {
      await post("/feedback/votes", content);
      told.textContent = said("feedback.thanks");
      for (const button of buttons) button.remove();
    } catch {
      told.textContent = said("feedback.failed");
      for (const button of buttons) button.disabled = false;
    }
    say(told.textContent);
  };

  const asking = (label, about, question, quotes) => {
    const answer = (good, name) => {
      const button = make("button", { type: "button", className: "vote", textContent: said(`feedback.${name}`), "aria-label": `${label} ${said(`feedback.${name}`)}` });
      button.addEventListener("click", () => vote(group, { about, good, question, quotes }));
      return button;
    };
    const group = make("div", { className: `rate ${about}`, role: "group", "aria-label": label },
      make("span", { textContent: label }), answer(true, "yes"), answer(false, "no"), make("span", { className: "told" }));
    return group;
  };

  const add = turn => {
    turn.dataset.rated = "yes";
    if (turn.classList.contains("safety_only")) return; // there is nothing to rate in an emergency
    const question = turn.querySelector(".asked .exact").textContent;
    const places = [...turn.querySelectorAll("figure.quote")].map(figure => {
      const link = figure.querySelector("a.cite");
      const number = figure.querySelector(".number").textContent;
      figure.querySelector("figcaption").append(asking(said("feedback.evidence", { number }), "evidence", question, [link.getAttribute("href")]));
      return link.getAttribute("href");
    });
    turn.append(asking(said("feedback.answer"), "answer", question, places));
  };

  // What was kept, for whoever sits at this machine.
  const kept = async surface => {
    const section = make("section", { className: "kept-feedback" });
    surface.append(section);
    const { local, votes, unanswered } = await get("/feedback/kept");
    if (!local) {
      section.remove();
      return;
    }
    section.append(make("h2", { textContent: said("feedback.heading") }), make("p", { className: "soft", textContent: said("feedback.lead") }),
      ...["answer", "evidence"].map(name => make("p", { textContent: said(`feedback.votes_${name}`, votes[name]) })),
      make("h3", { textContent: `${said("feedback.unanswered")} · ${unanswered.length}` }),
      ...(unanswered.length ? [make("ul", {}, ...unanswered.map(each => make("li", {},
        make("span", { className: "exact", dir: "auto", textContent: each.question }),
        each.history.length ? make("p", { className: "soft", textContent: said("feedback.after", { turn: each.history.join(" · ") }) }) : null))),
        make("p", {}, make("a", { href: "/feedback/unanswered.jsonl", download: "", textContent: said("feedback.download") }))]
        : [make("p", { className: "soft", textContent: said("feedback.unanswered_none") })]));
  };

  const look = () => {
    for (const turn of document.querySelectorAll("#thread .turn:not([data-rated])")) add(turn);
    const surface = document.querySelector("#evaluate .surface:not([data-feedback])");
    if (surface) {
      surface.dataset.feedback = "yes";
      kept(surface);
    }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  look();
});
