// One person's talk with the hub: session, event stream, outbox. Knows when to connect, wait and send again;
// must not know the screen. Nothing is ever cancelled when the page goes away: the answer goes on without us.

import { uuid } from "./dom.js";
import { WireError, backoff, openWire, pause } from "./wire.js";

const SILENCE = 45000; // three heartbeats of the hub
// An anonymous session is made anew a day before it ends, while its token still says who we are. A signed one is kept
// until the hub ends it: it is good for hours, and the signature to make another for minutes.
const EARLY = 864e5;
const DOZE = 300000; // a hidden tab gives its connection back after five minutes

/**
 * Begin a talk. `memory`: of this site and person; `identity`: a signed token or nothing; `busy()`: is an answer running?
 * `on`: {session(session), event(event), told(name, message), outbox(), sent(item, id)}.
 */
export const openTalk = ({ base, site, language, memory, identity, busy, on }) => {
  let seq = 0, over = false, asleep = false, live = false, failures = 0;
  let abort, watchdog, dozing, renewing, flushing;
  const wakers = new Set();
  const wake = () => wakers.forEach((resume) => resume());
  const rest = async (milliseconds) => {
    let mine;
    await pause(milliseconds, (resume) => wakers.add((mine = resume)));
    wakers.delete(mine);
  };
  const token = () => memory.recall("session")?.token;

  const makeSession = async () => {
    const old = memory.recall("session");
    const session = await wire.post("sessions", { body: { site, language, identity: identity || undefined, token: old?.token }, bare: true });
    if (session.visitor != old?.visitor) seq = 0;
    memory.keep("session", { ...session, language });
    if (!over) on.session(session);
  };
  /** A new session unless another tab has made one since `stale`; calls at the same time share one. */
  const renew = (stale) =>
    (renewing ||= (async () => {
      if (!token() || token() == stale) await makeSession();
    })().finally(() => (renewing = null)));
  const wire = openWire(base, token, renew);

  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => abort.abort(), SILENCE);
    failures = 0;
    if (live) return;
    live = true;
    on.told("live");
    wake();
    flush();
  };
  const take = (event) => {
    if (over || (event.type != "snapshot" && event.seq <= seq)) return;
    if (event.seq != null) seq = event.seq;
    if (on.event(event) === false) {
      // What is shown does not fit the hub's words: ask for all of it again.
      seq = 0;
      abort.abort();
    }
  };

  const listen = async () => {
    while (!over) {
      let wait;
      abort = new AbortController();
      try {
        const known = memory.recall("session");
        if (!known || known.language != language || (!identity && known.expires_at < Date.now() + EARLY)) await renew(known?.token);
        await wire.stream(seq, abort.signal, alive, take);
      } catch (error) {
        if (error instanceof WireError && !over) {
          on.told(error.status ? (error.passing ? "busy" : "refused") : "lost", error.message);
          wait = error.passing ? error.after : 1e9;
        }
      }
      clearTimeout(watchdog);
      live = false;
      if (over) return;
      if (asleep) wait = 1e9;
      else if (!navigator.onLine) on.told("lost");
      await rest(wait || backoff(failures++));
    }
  };

  const deliver = async () => {
    for (let misses = 0; !over; ) {
      const item = memory.outbox().find((candidate) => !candidate.error);
      if (!item) return;
      memory.settle(item.key, (now) => ({ ...now, tried: true }));
      const body = item.command ? { command: item.command } : { text: item.text, files: item.files.map((file) => file.id) };
      try {
        if (!token()) await renew();
        const { id } = await wire.post("messages", { body, key: item.key });
        misses = 0;
        memory.settle(item.key, () => null);
        if (!over) on.sent(item, id);
      } catch (error) {
        if (over) return;
        if (error.passing) {
          on.told(error.status ? "busy" : "lost", error.message);
          await rest(error.after || backoff(misses++));
          if (live) on.told("live");
        } else memory.settle(item.key, (now) => ({ ...now, error: error.message || " " }));
      }
      if (!over) on.outbox();
    }
  };
  /** Send what waits; tabs take turns, and the key makes a repeat harmless where they cannot. */
  const flush = () =>
    (flushing ||= (navigator.locks ? navigator.locks.request(memory.prefix, deliver) : deliver()).finally(() => {
      flushing = null;
      // An item put in after the last look would otherwise wait for the next one.
      if (!over && memory.outbox().some((item) => !item.error)) flush();
    }));

  const onShow = () => {
    clearTimeout(dozing);
    if (document.hidden) dozing = setTimeout(() => busy() || ((asleep = true), abort.abort()), DOZE);
    else {
      asleep = false;
      wake();
      flush();
    }
  };
  const onOnline = () => (wake(), flush());
  const onOffline = () => (abort.abort(), on.told("lost"));
  const onStorage = (event) => event.key == memory.prefix + "outbox" && on.outbox();
  const hooks = new AbortController();
  const { signal } = hooks;
  document.addEventListener("visibilitychange", onShow, { signal });
  addEventListener("online", onOnline, { signal });
  addEventListener("offline", onOffline, { signal });
  addEventListener("storage", onStorage, { signal });
  const known = memory.recall("session");
  if (identity) memory.keep("session", null);
  else if (known) on.session(known);
  listen();

  return {
    /** Put a message or command last in the outbox and send. `after`: number of the last message of the person shown. */
    put(item, after) {
      const queued = memory.enqueue({ key: uuid(), text: "", files: [], after, ...item });
      if (queued) flush();
      return queued;
    },
    /** Try a refused item again, or everything at once. */
    again(key) {
      if (key) memory.settle(key, (now) => ({ ...now, error: undefined }));
      failures = 0;
      wake();
      flush();
    },
    discard: (key) => memory.settle(key, () => null),
    stop: () => wire.post("stop", { body: {} }),
    upload: (file) =>
      wire.post("files?name=" + encodeURIComponent(file.name), { body: file, type: file.type || "application/octet-stream" }),
    close() {
      over = true;
      hooks.abort();
      clearTimeout(dozing);
      abort.abort();
      wake();
    },
  };
};

/** The number in a message id such as `p12`; 0 where there is none. */
export const numberOf = (id) => +/\d+$/.exec(id) || 0;
