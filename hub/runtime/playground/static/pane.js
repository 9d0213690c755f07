// One platform on the page: its places, its messages, its composer. Knows what a person sees there and does.
// Must not know other panes, nor how things travel.

import { makeComposer } from "./composer.js";
import { button, el, fill } from "./dom.js";
import { draw } from "./message.js";

export const PLATFORMS = {
  telegram: { title: "Telegram", direct: "Message", group: "@parley_bot …", call: "@parley_bot " },
  slack: { title: "Slack", direct: "Message Parley", group: "#team: @Parley …", call: "@Parley " },
  discord: { title: "Discord", direct: "Message @Parley", group: "#general: @Parley …", call: "@Parley " },
};

/** Furnish pane `id`. `names`: people's, by id; `act(deed)` and `send(pane, file, query)` return promises;
 * `announce(text)` speaks to screen readers. */
export const makePane = (id, { names, act, send, announce }) => {
  const platform = PLATFORMS[id];
  const places = new Map();
  const drawn = new Map();
  const greeted = new Set();
  let me = "", kind = "private", thread = "", answers = "", awaited = 0, following = true, ours = 0, telling = 0;

  const list = el("div", { class: "list" });
  const log = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": `${platform.title} messages`, tabindex: 0, scroll: () => Math.abs(log.scrollTop - ours) > 2 && (following = atEnd()) }, list);
  const tabs = el("div", { class: "places", role: "group", "aria-label": `Places on ${platform.title}` });
  const state = el("span", { class: "state" });
  const fault = el("div", { class: "fault", role: "alert", hidden: true });

  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const here = () => [...places.values()].find(({ head }) => head.kind == kind && (!head.person || head.person == me));
  const mine = () => [...places.values()].filter(({ head }) => !head.person || head.person == me);
  const visible = (place) => place.order.map((one) => place.messages.get(one)).filter((one) => one && (!one.only || one.only == me));

  const alarm = (error) => {
    fault.replaceChildren(el("span", { dir: "auto" }, error.message), button("×", { "aria-label": "Close", click: () => (fault.hidden = true) }));
    fault.hidden = false;
  };
  const doing = (deed) => {
    fault.hidden = true;
    return act({ pane: id, person: me, place: here().head.id, ...deed }).catch(alarm);
  };
  const leave = () => {
    thread = answers = "";
    awaited = 0;
    render();
    composer.field.focus();
  };
  const say = (text) => {
    following = true;
    // Slack takes no commands in threads, and answers them where everybody looks.
    if (id == "slack" && text.startsWith("/")) thread = "";
    else if (!thread) awaited = Date.now() - 2000;
    const deed = { does: "says", text, thread, answers };
    answers = "";
    return doing(deed).then(render);
  };
  const composer = makeComposer(`Write on ${platform.title}`, () => here()?.head.commands || [], {
    say, leave,
    types: async (text) => (await act({ pane: id, person: me, place: here().head.id, does: "types", text, thread })).offered,
    file: (file) => send(id, file, { person: me, place: here().head.id }).catch(alarm),
  });

  // Showing

  const show = (wanted) => {
    kind = wanted;
    thread = answers = "";
    awaited = 0;
    // A Home tab is read from its top, a talk from its end.
    following = kind != "home";
    if (!following) log.scrollTop = ours = 0;
    fault.hidden = true;
    render();
    enter();
  };
  /** Slack's apps are told when one of their tabs is looked at. */
  const enter = () => {
    const place = here();
    if (id != "slack" || !place || (kind != "home" && greeted.has(place.head.id))) return;
    greeted.add(place.head.id);
    if (kind != "group") doing({ does: "opens" });
  };
  const threadOf = (place, root) => place.head.threads?.find((one) => one.id == root);

  /** Replies under their first message, as one box. */
  const box = (place, root, replies) => {
    const about = threadOf(place, root);
    if (!replies.length && !about?.status && !about?.stops) return null;
    const node = keep("thread:" + root, () => el("div", { class: "thread", "data-thread": root }));
    const count = replies.length;
    fill(node, [
      about?.title ? el("div", { class: "about", dir: "auto" }, (id == "discord" ? "# " : "") + about.title) : null,
      ...replies.map((one) => row(one)),
      about?.status ? el("div", { class: "waits" }, `Parley ${about.status}`) : null,
      el("div", { class: "foot" },
        button(thread == root ? "Writing here" : count > 1 ? `Reply (${count})` : "Reply", { "data-into": root, "aria-pressed": String(thread == root) }),
        about?.stops && button("■ Stop", { "data-stop": root, class: "stop" })),
    ].filter(Boolean));
    return node;
  };
  const used = new Set();
  const keep = (key, make) => {
    used.add(key);
    if (!drawn.has(key)) drawn.set(key, { element: make() });
    return drawn.get(key).element;
  };
  const row = (message) => {
    const key = message.id;
    used.add(key);
    const known = drawn.get(key);
    if (known?.message === message && known.me == me) return known.element;
    const focused = known?.element.contains(document.activeElement);
    const replies = id == "discord" || (id == "telegram" && kind == "group");
    const asks = id != "telegram" && kind == "group" && message.who != "bot";
    const element = draw({ ...message, pane: id }, known?.element, { me, names, replies, asks });
    // What had the focus may be gone: then its message has it.
    if (focused && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
    drawn.set(key, { message, me, element });
    return element;
  };

  /** After something was said, go on in the thread that it has begun. */
  const settle = (place, shown, roots) => {
    const own = roots.findLast((one) => one.who == me && one.at >= awaited);
    const begun = own && (shown.some((one) => one.thread == own.id) || (id == "slack" && kind == "private"));
    if (!begun) return;
    thread = own.id;
    awaited = 0;
  };

  const render = () => {
    const place = here();
    root.dataset.kind = kind;
    fill(tabs, mine().map(({ head }) => button(head.name, { "data-kind": head.kind, "aria-pressed": String(head.kind == kind) })));
    if (!place) return;
    const shown = visible(place);
    const ids = new Set(shown.map((one) => one.id));
    const roots = shown.filter((one) => !one.thread || one.thread == one.id || !ids.has(one.thread));
    if (awaited) settle(place, shown, roots);
    used.clear();
    const rows = roots.flatMap((one) => {
      const replies = shown.filter((other) => other.thread == one.id && other !== one);
      return [row(one), box(place, one.id, replies)].filter(Boolean);
    });
    const busy = place.head.typing || shown.some((one) => one.state);
    if (!rows.length) rows.push(el("p", { class: "empty" }, kind == "group" ? "Everybody is here. Name the assistant to ask it." : kind == "home" ? "Opening…" : "Say something."));
    if (place.head.typing && id == "discord") rows.push(el("p", { class: "waits" }, "Parley is typing…"));
    fill(list, rows);
    for (const key of [...drawn.keys()]) if (!used.has(key)) drawn.delete(key);
    state.textContent = place.head.typing && id == "telegram" ? "typing…" : kind == "group" ? [...names.values(), "Parley"].join(", ") : "";
    composer.close(kind == "home");
    const first = thread && place.messages.get(thread);
    const quoted = answers && place.messages.get(answers);
    if (!first) thread = "";
    composer.placeholder(first ? "Reply" : kind == "group" ? platform.group : platform.direct);
    if (!quoted) answers = "";
    composer.aim(quoted ? "Replying to Parley" : first ? `In thread: ${words(first)}` : "", id == "slack" && kind == "private" ? "New chat" : "Leave");
    composer.suggest(busy && id != "slack" ? ["/stop"] : kind != "private" || shown.some((one) => one.who == me) ? [] : beginnings(place));
    if (following) scroll();
  };
  /** What the platform offers to somebody who has said nothing yet: Telegram has its start button. */
  const beginnings = (place) => (id == "telegram" ? ["/start"] : place.head.prompts || []);
  /** Keep the end in sight: of the thread one writes in, else of everything. */
  const scroll = () => {
    const end = list.querySelector(`[data-thread="${CSS.escape(thread || "-")}"]`) || list;
    log.scrollTop += end.getBoundingClientRect().bottom - log.getBoundingClientRect().bottom + 8;
    ours = log.scrollTop;
  };
  new ResizeObserver(() => following && scroll()).observe(log);
  /** Say an answer to screen readers once it is whole, not while it grows. */
  const tell = (message) => {
    clearTimeout(telling);
    if (message.who == "bot" && !message.state) telling = setTimeout(() => announce(`${platform.title}: ${drawn.get(message.id)?.element.querySelector(".body").textContent.slice(0, 300)}`), 800);
  };
  const words = (message) => {
    const element = drawn.get(message.id)?.element.querySelector(".body");
    const text = element?.textContent.trim() || "…";
    return text.length > 40 ? text.slice(0, 39) + "…" : text;
  };

  // Pressing: one listener, because messages come and go

  const onClick = (event) => {
    const pressed = event.target.closest("button");
    if (!pressed || !root.contains(pressed)) return;
    const { kind: wanted, button: number, emoji, answer, about, into, stop } = pressed.dataset;
    const article = pressed.closest("[data-message]")?.dataset.message;
    const inside = pressed.closest("[data-thread]")?.dataset.thread || "";
    if (wanted) show(wanted);
    else if (number != null) doing({ does: "presses", message: article, button: number, thread: inside });
    else if (emoji) doing({ does: "reacts", message: article, emoji, thread: inside });
    else if (about != null) doing({ does: "asks", message: article, thread: inside });
    else if (stop) doing({ does: "stops", thread: stop });
    else if (answer != null || into) {
      thread = into || inside;
      answers = answer != null && !thread ? article : "";
      render();
      composer.field.focus();
    }
  };

  // With the focus on the messages, arrows go from one to the next, and Tab to what can be done with it

  const onKey = (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const at = event.target.closest(".log") && event.target;
    if (!by || !at || !(at === log || at.matches("article"))) return;
    const all = [...list.querySelectorAll("article")];
    const next = at === log ? all.at(-1) : all[all.indexOf(at) + by];
    next?.focus();
    if (next) event.preventDefault();
  };
  const onFocus = (event) => {
    const article = event.target.closest("article");
    for (const one of list.querySelectorAll(".tools button")) one.tabIndex = article?.contains(one) ? 0 : -1;
  };

  const root = el("section", { class: `pane ${id}`, id: `pane-${id}`, "aria-label": platform.title, click: onClick, keydown: onKey, focusin: onFocus },
    el("header", 0, el("h2", 0, platform.title), state, tabs), log, fault, composer.form);

  return {
    root, say,
    /** Take what is new. */
    hear({ place, order, messages }) {
      const known = places.get(place.id) || { messages: new Map() };
      for (const message of messages) known.messages.set(message.id, { thread: "", only: "", state: "", ...message });
      const first = !places.has(place.id);
      places.set(place.id, { head: place, order, messages: known.messages });
      render();
      if (!first && here()?.head.id == place.id) for (const message of messages) tell(message);
      if (kind == "private") enter();
    },
    /** Be somebody. */
    be(person) {
      me = person;
      show(kind);
    },
    show,
    /** Cut the platform's line to the bot. */
    break: () => doing({ does: "breaks" }).then(() => alarm({ message: "The line is cut, and the bot's next calls fail. Say something: it comes through." })),
    /** Begin a message in the group. */
    call(text) {
      show("group");
      composer.draft(platform.call + text);
    },
    forget: () => (places.clear(), drawn.clear()),
  };
};
