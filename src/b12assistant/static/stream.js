// Gradio's server tells the page "close_stream" when it has nothing more to say. A question that it takes while that word is on its
// way is waited for on a stream that has ended: for ever (Gradio 6.31; tests/browser/test_stream.py). So the word is handed on only
// when nothing is awaited; else the stream goes on with a new request, unnoticed. And where all that was taken has been completed
// before the page heard of it, it gets an empty answer at once: the server would keep that stream open. While the page has not yet
// read the word that was handed on, it does not hear of another question either: it would wait on the stream that is ending.
"use strict";
(() => {
  const plain = globalThis.fetch;
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
    for (let closed = false; body; body = closed && awaited.size ? await again() : null) {
      closed = false;
      for await (const event of events(body)) {
        const message = JSON.parse(event.slice("data:".length));
        if (message.msg === "process_completed" && !awaited.delete(message.event_id)) early.add(message.event_id);
        closed = message.msg === "close_stream";
        if (closed && awaited.size) continue;
        if (closed) close(signal);
        yield event;
      }
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
    const { pathname } = new URL(asked[0].url || asked[0], location.href);
    const { signal } = asked[0]; // Gradio asks for a stream with a Request
    if (pathname.endsWith("/queue/data") && !awaited.size) return over(signal);
    const response = await plain(...asked);
    if (response.ok && pathname.endsWith("/queue/join")) {
      const id = (await response.clone().json()).event_id;
      while (closing) await closing;
      if (!early.delete(id)) awaited.add(id);
    }
    if (!response.ok || !pathname.endsWith("/queue/data")) return response;
    const again = async () => {
      const next = await plain(...asked);
      if (!next.ok) throw new Error(`${next.status}`); // the page then says that the connection broke
      return next.body;
    };
    return new Response(streamed(lasting(response.body, signal, again)), { headers: response.headers });
  };
})();

// Here because this script runs first: until the page's own box is there, Enter submits the first form, as it does later.
addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.repeat || !event.target.closest?.("#first form")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
