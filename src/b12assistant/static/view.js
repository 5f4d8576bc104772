// In the panel: bring the quote into view and focus it, and hand Escape to the page around.
"use strict";
addEventListener("load", () => requestAnimationFrame(() => {
  const hit = document.getElementById("hit") || document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!hit) return;
  hit.scrollIntoView({ block: "center" });
  hit.focus({ preventScroll: true });
}));
addEventListener("keydown", event => {
  if (event.key === "Escape" && parent !== window) parent.postMessage("close-source", location.origin);
});
