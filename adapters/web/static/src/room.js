// Everything inside one <parley-chat>: panel, launcher, and how talk, screen and composer meet. Knows focus and words
// of state; must not know how parts work inside.

import { makeComposer } from "./composer.js";
import { el, icon, iconButton } from "./dom.js";
import { openMemory } from "./memory.js";
import { HOME } from "./nodes.js";
import { makeScreen } from "./screen.js";
import { openTalk } from "./talk.js";
import { W, pickLanguage, speaker } from "./words.js";

/** Whom a signed token names: only to keep people on one device apart. The hub alone decides whether it is true. */
const subject = (jwt) => {
  try {
    return JSON.parse(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub;
  } catch {
    return jwt && "?";
  }
};

/** Furnish `host`, whose shadow is `shadow`, for the visitor whom `identity` (a JWT or "") names. */
export const makeRoom = (host, shadow, identity) => {
  const attribute = (name) => host.getAttribute(name);
  const page = attribute("mode") == "page";
  const site = attribute("site") || "default";
  const language = pickLanguage(attribute("lang") || document.documentElement.lang || navigator.language);
  const say = speaker(language);
  const memory = openMemory(site, subject(identity));
  let talk, session, typing, unread = 0;

  const tell = (name, detail) =>
    host.dispatchEvent(new CustomEvent("parley:" + name, { detail, bubbles: true, composed: true }));
  const announce = (text) => (status.textContent = text);
  const visible = () => page || panel.open;
  const pend = () => screen.pend(memory.outbox());

  // Saying how it goes

  const alarm = (text, retry) => {
    alert.classList.remove("calm");
    // Said once: the same words again would interrupt a screen reader at every new try.
    if (alert.hidden || alert.firstChild.textContent != text) {
      alert.replaceChildren(el("span", { dir: "auto" }, text),
        retry
          ? el("button", { class: "plainly", click: () => talk.again() }, say(W.retry))
          : iconButton("close", say(W.remove), "dismiss", () => ((alert.hidden = true), composer.field.focus())));
    }
    alert.hidden = false;
  };
  const onState = (name, message) => {
    if (name == "live") return (alert.hidden = true);
    if (name == "refused") tell(name);
    const offline = !navigator.onLine;
    alarm(offline ? say(W.offline) : message || say(W.lost), !offline);
    alert.classList.toggle("calm", name != "refused");
  };

  /** Show the three dots for a while, or until words come. */
  const expect = (milliseconds) => {
    clearTimeout(typing);
    screen.typing(milliseconds && !screen.busy());
    if (milliseconds) typing = setTimeout(() => screen.typing(false), milliseconds);
  };

  const count = (fresh) => {
    if (visible()) memory.keep("seen", screen.lastAnswer() || memory.recall("seen") || "");
    launcher.firstChild.replaceWith(icon(panel.open ? "close" : "chat"));
    badge.textContent = fresh > 99 ? "99+" : fresh;
    badge.hidden = !fresh;
    launcher.setAttribute("aria-label", say(panel.open ? W.close : W.open) + (fresh ? `, ${fresh} ${say(W.unread)}` : ""));
    launcher.setAttribute("aria-expanded", !!panel.open);
    if (fresh != unread) tell("unread", { count: fresh });
    unread = fresh;
  };

  // Talking

  const onMessage = (message) => {
    const { id, role, text } = message;
    const news = screen.put(message);
    if (role != "person") expect(0);
    if (!news) return;
    tell("message", { id, role, text });
    if (role == "person") return;
    announce(screen.wordsOf(id).slice(0, 400));
    count(visible() ? 0 : unread + 1);
  };
  const onSnapshot = (messages) => {
    screen.reset(messages);
    const answers = messages.filter((message) => message.role != "person" && message.state != "streaming");
    const seen = memory.recall("seen");
    count(visible() || seen == null ? 0 : answers.length - 1 - answers.findLastIndex((message) => message.id == seen));
  };
  const onEvent = (event) => {
    const { type } = event;
    const before = screen.busy();
    let fits = true;
    if (type == "snapshot") onSnapshot(event.messages);
    else if (type == "message") onMessage(event.message);
    else if (type == "frame") fits = screen.grow(event.id, event.ops);
    else if (type == "typing") expect(15000);
    const busy = screen.busy();
    composer.busy(busy);
    if (busy && !before) {
      announce(say(W.typing));
      expect(0);
    }
    if (type != "frame") pend();
    return fits;
  };
  const dress = () => {
    const look = session?.site || {};
    title.textContent = attribute("heading") || look.title || say(W.title);
    screen.welcome.textContent = look.greeting || say(W.greeting);
    root.style.setProperty("--site-accent", look.accent || null);
    root.classList.toggle("left", look.position == "left");
    if (/light|dark/.test(look.theme) && !attribute("theme")) host.setAttribute("theme", look.theme);
    screen.suggest(look.suggestions || [], draft);
  };
  const call = () =>
    (talk ||= openTalk({
      base: attribute("base")?.replace(/\/+$/, "") ?? HOME.origin,
      site, language, memory, identity,
      busy: () => screen.busy(),
      on: {
        session: (made) => ((session = made), dress()),
        event: onEvent,
        told: onState,
        outbox: pend,
        sent: (item, id) => {
          if (item.text || item.files[0]) screen.confirm({ id, role: "person", text: item.text, files: item.files });
          pend();
          if (screen.asked()) expect(30000);
        },
      },
    }));
  const put = (item) => {
    const kept = call().put(item, screen.lastOwn());
    if (!kept) alarm(say(W.waiting));
    pend();
    if (item.command?.name != "rate") screen.follow();
    return kept;
  };
  const press = (name, argument = "") => put({ command: { name, argument } });
  const stop = () => talk.stop().catch((error) => alarm(error.message || say(W.lost)));

  // Open and close

  const open = () => {
    if (!visible()) {
      call();
      // On a phone the panel is all there is: a modal dialog keeps focus and screen readers inside.
      matchMedia("(max-width:480px)").matches ? panel.showModal() : panel.show();
      host.toggleAttribute("open", true);
      count(0);
      screen.follow();
      tell("open");
    }
    composer.field.focus();
  };
  const draft = (text) => (open(), composer.draft(text));
  const close = () => {
    if (page || !panel.open) return;
    panel.close();
    host.toggleAttribute("open", false);
    count(unread);
    launcher.focus();
    tell("close");
  };
  const onKey = (event) => {
    const { key } = event;
    if (key == "Escape" && !event.isComposing) {
      if (screen.busy()) stop();
      else if (page) return;
      else close();
      event.preventDefault();
      event.stopPropagation();
    } else if (event.altKey && /^Arrow(Up|Down)$/.test(key) && screen.step(key == "ArrowUp" ? -1 : 1)) event.preventDefault();
  };

  // Building

  const screen = makeScreen(say, {
    press, announce,
    again: (key) => (talk.again(key), pend()),
    discard: (key) => (talk.discard(key), pend(), composer.field.focus()),
  });
  const composer = makeComposer(say, {
    stop, alarm,
    send: (text, files) => put({ text, files }),
    upload: (file) => call().upload(file),
    bounds: () => session?.limits || {},
  });
  const title = el("h2", { class: "title", id: "title", dir: "auto" });
  const alert = el("div", { class: "alert", role: "alert", hidden: true });
  const status = el("div", { class: "hidden", role: "status" });
  const badge = el("span", { class: "badge", "aria-hidden": "true", hidden: true });
  const panel = el(page ? "section" : "dialog", {
    class: "panel", id: "panel", "aria-labelledby": "title", role: page && "group",
    cancel: (event) => (event.preventDefault(), close()),
  },
    el("header", { part: "header" }, title,
      iconButton("fresh", say(W.fresh), "fresh", () => (press("new"), composer.field.focus())),
      !page && iconButton("close", say(W.close), "shut", close)),
    screen.log,
    el("div", { class: "floor" }, screen.latest, alert, composer.form));
  const launcher = el("button", {
    class: "launcher", "aria-controls": "panel",
    click: () => (panel.open ? close() : open()),
  }, icon("chat"), badge);
  const root = el("div", {
    class: "root", lang: language, dir: language == "ar" ? "rtl" : "ltr",
    keydown: onKey,
    dragover: (event) => event.preventDefault(),
    drop: (event) => (event.preventDefault(), composer.add([...event.dataTransfer.files])),
  }, panel, !page && launcher, status);
  shadow.replaceChildren(root);
  dress();
  count(0);
  pend();
  if (page || memory.recall("session") || memory.outbox()[0]) call();

  return { open, close, put, dress, draft, composer, leave: () => talk?.close(), isOpen: () => panel.open };
};
