// Calls to the sandbox; a failed one is told once, in the trouble line at the top of the page.

const JSON_HEADERS = { "Content-Type": "application/json" };

/** Fetch JSON, or null when the sandbox does not answer. */
export async function get(path) {
  return answer(fetch(path, { headers: { Accept: "application/json" } }));
}

/** Send JSON; the answer's JSON, {} for an empty answer, null when it failed. */
export async function post(path, body = {}) {
  return answer(fetch(path, { method: "POST", headers: JSON_HEADERS, body: JSON.stringify(body) }));
}

/** Send a file's bytes as they are. */
export async function postFile(path, query, file) {
  const headers = { "Content-Type": file.type || "application/octet-stream" };
  return answer(fetch(`${path}?${new URLSearchParams(query)}`, { method: "POST", headers, body: file }));
}

/** Show what went wrong; an empty text takes the line away. */
export function tellTrouble(text) {
  const line = document.querySelector("[data-trouble]");
  line.textContent = text;
  line.hidden = !text;
}

async function answer(request) {
  try {
    const response = await request;
    if (!response.ok) throw new Error(await reason(response));
    tellTrouble("");
    return response.status === 204 ? {} : await readJson(response);
  } catch (error) {
    tellTrouble(error instanceof TypeError ? "沙盒沒有回應，請看啟動沙盒的視窗是否還開著。" : error.message);
    return null;
  }
}

async function reason(response) {
  const body = await readJson(response);
  const detail = body.error ?? body.message ?? "";
  return `沙盒沒有接受這個動作（${response.status}）${detail ? `：${detail}` : "。"}`;
}

async function readJson(response) {
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return {};
  }
}
