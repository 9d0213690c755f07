// The hub's web protocol. Knows routes, tokens, errors and server-sent events; must not know the screen.

/** Wait; resolves early when `wake` is called. */
export const pause = (milliseconds, hook) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    hook?.(() => (clearTimeout(timer), resolve()));
  });

/** Growing pause with jitter: half a second to half a minute, never all visitors at once. */
export const backoff = (failures) => Math.min(30000, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

/** What went wrong, in words for the person where the hub gave any. `status` 0: no answer at all. */
export class WireError extends Error {
  constructor(status, message, after) {
    super(message);
    this.status = status;
    this.after = after;
  }

  /** The same call may succeed later. */
  get passing() {
    return !this.status || this.status == 408 || this.status == 429 || this.status >= 500;
  }
}

const problem = async (response) => {
  let message;
  try {
    message = (await response.json()).error.message;
  } catch {
    // Not our own answer (a proxy's page, say); the caller has words of its own.
  }
  const after = response.headers.get("retry-after");
  return new WireError(response.status, message, after && +after * 1000);
};

/** A line to the hub at `base`. `token()` gives the bearer, `renew(stale)` makes a new session. */
export const openWire = (base, token, renew) => {
  const call = async (method, path, { body, type, key, signal, bare, again } = {}) => {
    const bearer = token();
    const headers = {};
    if (bearer) headers.authorization = "Bearer " + bearer;
    if (key) headers["idempotency-key"] = key;
    if (body !== undefined) headers["content-type"] = type || "application/json";
    let response;
    try {
      response = await fetch(base + "/web/v1/" + path, {
        method, headers, signal, credentials: "omit",
        body: body === undefined || type ? body : JSON.stringify(body),
      });
    } catch {
      throw new WireError(0, "");
    }
    if (response.status == 401 && !bare && !again) {
      await renew(bearer);
      return call(method, path, { body, type, key, signal, again: true });
    }
    if (!response.ok) throw await problem(response);
    return response;
  };

  /** Read events after `since` until the stream ends; `alive` is called at every sign of life. */
  const stream = async (since, signal, alive, take) => {
    const response = await call("GET", "stream?since=" + since, { signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    alive();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        // The hub writes each event on one data line; comments keep the connection warm.
        const data = /^data:(.*)/m.exec(event);
        if (data) take(JSON.parse(data[1]));
      }
    }
  };

  return { call, stream, post: (path, options) => call("POST", path, options).then((response) => response.json().catch(() => ({}))) };
};
