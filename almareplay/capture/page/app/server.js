// The calls to the server of the session.

const PATIENCE_MS = 20_000;

/** The server answered that something is wrong. */
export class Refusal extends Error {
  constructor(status, sentence, retryAfter = 0) {
    super(sentence);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The server did not answer. */
export class Unreachable extends Error {}

/** Ask the server; answers what it says. Throws Refusal or Unreachable. */
export async function ask(path, { token = "", body } = {}) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  let said;
  try {
    answer = await fetch(path, {
      method: body === undefined ? "GET" : "POST",
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    said = await answer.json();
  } catch (error) {
    // An answer that is no JSON is not the server's: a proxy, or a page to log in.
    throw new Unreachable(path, { cause: error });
  }
  if (answer.ok) return said;
  const pause = Number(answer.headers.get("Retry-After")) || 0;
  throw new Refusal(answer.status, String(said?.error ?? answer.statusText), pause);
}

/** The server's time in milliseconds. */
export async function serverTime() {
  const said = await ask("/api/time");
  if (typeof said.now_ms !== "number") throw new Unreachable("/api/time");
  return said.now_ms;
}
