// The event stream; every (re)connection starts with a whole state, so nothing is missed.

import { get, tellTrouble } from "./api.js";

const RETRY_MS = 3000;

/** Keep the store true for as long as the page is open. */
export function follow(store) {
  let stream = connect(store);
  // Browsers keep pages one has left, and a stream left open would use up one of their few connections.
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", ({ persisted }) => { if (persisted) stream = connect(store); });
  setInterval(() => { if (stream.readyState === EventSource.CLOSED) stream = connect(store); }, RETRY_MS);
}

function connect(store) {
  const stream = new EventSource("/phone/events");
  stream.onopen = () => refresh(store);
  stream.onmessage = ({ data }) => store.apply(JSON.parse(data));
  stream.onerror = () => tellTrouble("和沙盒的連線中斷了，正在重新連線。");
  return stream;
}

async function refresh(store) {
  const state = await get("/phone/state");
  if (state) store.replace(state);
}
