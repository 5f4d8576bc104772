// A request that reaches no server is sent again until it does: the page says so meanwhile, and no question is lost ("b12-lost",
// "b12-found"). If a stream breaks while an answer is awaited, the page begins anew with what it keeps ("b12-broken").
//
// Gradio's server tells the page "close_stream" when it has nothing more to say. A question that it takes while that word is on its
// way is waited for on a stream that has ended: for ever (Gradio 6.31; tests/browser/test_stream.py). So the word is handed on only
// when nothing is awaited; else the stream goes on with a new request, unnoticed. And where all that was taken has been completed
// before the page heard of it, it gets an empty answer at once: the server would keep that stream open. While the page has not yet
// read the word that was handed on, it does not hear of another question either: it would wait on the stream that is ending.
"use strict";
(() => {
  const plain = globalThis.fetch;
  const tell = what => dispatchEvent(new Event(what));

  const away = new Set(); // requests that wait for the server
  const rest = (wait, signal) => new Promise(done => {
    const over = () => { clearTimeout(timer); removeEventListener("online", over); done(); };
    const timer = setTimeout(over, wait);
    addEventListener("online", over);
    signal?.addEventListener("abort", over, { once: true });
  });
  const broken = () => {
    tell("b12-broken");
    return new Promise(() => {}); // nothing more comes
  };
  // A server that was started again does not know this page: its parts may have other numbers.
  const isAnother = async join => {
    const { app_id } = await (await plain(new URL("../app_id", join))).json();
    return app_id !== globalThis.gradio_config?.app_id;
  };
  const patient = async (...asked) => {
    const signal = asked[1]?.signal || asked[0].signal, own = {};
    const address = new URL(asked[0].url || asked[0], location.href), isQuestion = address.pathname.endsWith("/queue/join");
    try {
      for (let wait = 500; ; wait = Math.min(2 * wait, 4000)) {
        try {
          if (isQuestion && away.has(own) && await isAnother(address)) return broken();
          const response = await plain(...asked);
          if (![429, 502, 504].includes(response.status)) return response; // too many at once, or a proxy without a server
        } catch (error) {
          if (!(error instanceof TypeError || error instanceof SyntaxError) || signal?.aborted) throw error;
        }
        away.add(own);
        tell("b12-lost");
        await rest(wait, signal);
        signal?.throwIfAborted();
      }
    } finally {
      if (away.delete(own) && !away.size) tell("b12-found");
    }
  };

  const awaited = new Set(); // what the server took and has not completed, by its ids
  const early = new Set(); // what was completed before the page heard that it was taken
  let closing = null; // a promise while a stream's last word is on its way; when the page reads it, it aborts the stream's signal

  const close = signal => {
    if (!signal || signal.aborted) return;
    const own = closing = new Promise(done => {
      const closed = () => { if (closing === own) closing = null; done(); }; // a later stream may be closing by now
      signal.addEventListener("abort", closed, { once: true });
      setTimeout(closed, 5000); // so that no question waits for ever, whatever Gradio does
    });
  };

  // The events of a stream, each with the blank line that ends it.
  const events = async function* (body) {
    let text = "";
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const parts = (text + read.value).split("\n\n");
      text = parts.pop();
      for (const part of parts) yield `${part}\n\n`;
    }
  };

  const lasting = async function* (body, signal, again) {
    for (let closed = false; body; body = awaited.size ? await again() : null) {
      closed = false;
      try {
        for await (const event of events(body)) {
          const message = JSON.parse(event.slice("data:".length));
          if (message.msg === "unexpected_error") break; // the server stopped, or forgot this page
          if (message.msg === "process_completed" && !awaited.delete(message.event_id)) early.add(message.event_id);
          closed = message.msg === "close_stream";
          if (closed && awaited.size) continue;
          if (closed) close(signal);
          yield event;
        }
      } catch (error) {
        if (signal?.aborted) throw error; // the page itself ended it
      }
      if (!closed && awaited.size) await broken();
    }
  };

  const streamed = source => new ReadableStream({
    async pull(out) {
      const { done, value } = await source.next();
      if (done) out.close();
      else out.enqueue(value);
    },
  }).pipeThrough(new TextEncoderStream());

  const over = signal => {
    close(signal);
    return new Response('data: {"msg":"close_stream"}\n\n', { headers: { "Content-Type": "text/event-stream" } });
  };

  globalThis.fetch = async (...asked) => {
    const { origin, pathname } = new URL(asked[0].url || asked[0], location.href);
    const reach = origin === location.origin ? patient : plain;
    const { signal } = asked[0]; // Gradio asks for a stream with a Request
    if (pathname.endsWith("/queue/data") && !awaited.size) return over(signal);
    const response = await reach(...asked);
    if (response.status === 422 && pathname.endsWith("/queue/join")) return broken(); // started anew, it has other buttons
    if (response.ok && pathname.endsWith("/queue/join")) {
      const id = (await response.clone().json()).event_id;
      while (closing) await closing;
      if (!early.delete(id)) awaited.add(id);
    }
    if (!response.ok || !pathname.endsWith("/queue/data")) return response;
    const again = async () => {
      const next = await reach(...asked);
      if (!next.ok) throw new Error(`${next.status}`); // the page then says that the connection broke
      return next.body;
    };
    return new Response(streamed(lasting(response.body, signal, again)), { headers: response.headers });
  };
})();

document.documentElement.classList.add("scripted");
// Here because this script runs first: until the page's own box is there, Enter submits the first form, as it does later.
addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.repeat || !event.target.closest?.("#first form")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
addEventListener("submit", event => { // it is asked when that box is there
  if (event.target.closest("#first")) event.target.dataset.sent = "";
});
