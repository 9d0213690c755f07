// <parley-chat site="KEY">: the element a page embeds. Knows attributes, methods, events and focus;
// the parts it is made of know the rest.

import { makeComposer } from "./composer.js";
import { el, icon, iconButton } from "./dom.js";
import { openMemory } from "./memory.js";
import { makeScreen } from "./screen.js";
import { sharedSheet } from "./style.js";
import { openTalk } from "./talk.js";
import { pickLanguage, speaker } from "./words.js";

const HOME = new URL(import.meta.url).origin;
const CALM = { busy: "busy", lost: "lost" };

/** Whom a signed token names: only to keep people on one device apart. The hub alone decides whether it is true. */
const subject = (jwt) => {
  try {
    return JSON.parse(atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub;
  } catch {
    return jwt ? "?" : "";
  }
};

/** Black or white, whichever can be read on `element`'s background. */
const readable = (element) => {
  const [red, green, blue] = (getComputedStyle(element).backgroundColor.match(/[\d.]+/g) || [0, 0, 0]).map(Number);
  const line = (value) => ((value /= 255) <= 0.04 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * line(red) + 0.7152 * line(green) + 0.0722 * line(blue) > 0.18 ? "#000" : "#fff";
};

class ParleyChat extends HTMLElement {
  static observedAttributes = ["site", "base", "lang", "heading", "mode"];

  #talk; #screen; #composer; #memory; #parts; #say; #identity; #session; #opener; #typing; #scheduled;
  #unread = 0;
  #shadow = this.attachShadow({ mode: "open" });

  connectedCallback() {
    this.#shadow.adoptedStyleSheets = [sharedSheet()];
    this.#schedule();
  }

  disconnectedCallback() {
    // Moving the element within the page disconnects and connects it in one go.
    queueMicrotask(() => this.isConnected || this.#hangUp());
  }

  attributeChangedCallback(name, old, value) {
    if (old != value && this.#parts) name == "heading" ? this.#dress() : this.#schedule();
  }

  // What a page may call

  /** Open the panel and put the focus where one writes. */
  open() {
    const { root, panel, launcher } = this.#parts;
    if (this.#page || panel.open) return this.#composer.field.focus();
    this.#opener = this.#shadow.activeElement ? launcher : document.activeElement;
    this.#call();
    matchMedia("(max-width:480px)").matches ? panel.showModal() : panel.show();
    this.toggleAttribute("open", true);
    root.classList.add("open");
    this.#count(0);
    this.#screen.follow();
    this.#composer.field.focus();
    this.#tell("open");
  }

  /** Close the panel; a running answer goes on. */
  close() {
    const { root, panel, launcher } = this.#parts;
    if (this.#page || !panel.open) return;
    panel.close();
    this.toggleAttribute("open", false);
    root.classList.remove("open");
    this.#count(this.#unread);
    (this.#opener?.isConnected && this.#opener != document.body ? this.#opener : launcher).focus();
    this.#tell("close");
  }

  /** Send `text` as the person. */
  send(text) {
    this.#call();
    return this.#put({ text: String(text).trim() });
  }

  /** Put `text` into the composer for the person to finish. */
  draft(text) {
    this.open();
    this.#composer.draft(text);
  }

  /** Sign the visitor in with a JWT made by the page's server; without one, back to an anonymous visitor. */
  identify(jwt) {
    this.#identity = jwt || "";
    if (this.#parts) this.#build();
  }

  // Building

  get #page() {
    return this.getAttribute("mode") == "page";
  }

  #schedule() {
    // Once for any number of attributes, and before the next paint; identify() in the same task comes first.
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.isConnected) this.#build();
    });
  }

  #hangUp() {
    this.#talk?.close();
    this.#talk = null;
  }

  #build() {
    const wasOpen = this.#parts?.panel.open || this.hasAttribute("open");
    this.#hangUp();
    const language = pickLanguage(this.getAttribute("lang") || document.documentElement.lang || navigator.language);
    const say = (this.#say = speaker(language));
    this.#memory = openMemory(this.getAttribute("site") || "default", subject(this.#identity));
    this.#session = null;
    this.#screen = makeScreen(say, {
      press: ({ command, argument = "" }) => this.#put({ command: { name: command, argument } }),
      again: (key) => (this.#talk.again(key), this.#pend()),
      drop: (key) => (this.#talk.drop(key), this.#pend(), this.#composer.field.focus()),
      announce: (text) => this.#announce(text),
    });
    this.#composer = makeComposer(say, {
      send: (text, files) => this.#put({ text, files }),
      stop: () => this.#stop(),
      upload: (file) => (this.#call(), this.#talk.upload(file)),
      alarm: (text) => this.#alarm(text),
      limits: () => this.#session?.limits,
    });

    const page = this.#page;
    const title = el("h2", { class: "title", id: "title", part: "title", dir: "auto" });
    const alert = el("div", { class: "alert", part: "alert", role: "alert", hidden: true });
    const status = el("div", { class: "hidden", role: "status" });
    const fresh = iconButton("fresh", say("fresh"), "fresh", () => (this.#put({ command: { name: "new", argument: "" } }), this.#composer.field.focus()));
    const panel = el(page ? "section" : "dialog", {
      class: "panel", part: "panel", id: "panel", "aria-labelledby": "title",
      cancel: (event) => (event.preventDefault(), this.close()),
    },
      el("header", { part: "header" }, title, fresh, !page && iconButton("close", say("close"), "shut", () => this.close())),
      this.#screen.log,
      el("div", { class: "floor" }, this.#screen.latest, alert, this.#composer.form));
    const badge = el("span", { class: "badge", part: "badge", "aria-hidden": "true", hidden: true });
    const launcher = el("button", {
      type: "button", class: "launcher", part: "launcher", "aria-controls": "panel", "aria-expanded": "false",
      click: () => (panel.open ? this.close() : this.open()),
    }, icon("chat"), badge);
    const root = el("div", {
      class: "root", lang: language, dir: language == "ar" ? "rtl" : "ltr",
      keydown: (event) => this.#key(event),
      dragover: (event) => (event.preventDefault(), root.classList.add("over")),
      dragleave: (event) => root.contains(event.relatedTarget) || root.classList.remove("over"),
      drop: (event) => (event.preventDefault(), root.classList.remove("over"), this.#composer.add([...event.dataTransfer.files])),
    }, panel, !page && launcher, status);
    this.#parts = { root, panel, launcher, title, alert, status, badge };
    this.#shadow.replaceChildren(root);
    this.#dress();
    this.#count(0);
    this.#pend();
    if (page || this.#memory.read("session") || this.#memory.outbox().length) this.#call();
    if (wasOpen) this.open();
  }

  /** Title, greeting and colour, as the site wants them. */
  #dress() {
    const { root, panel, launcher, title } = this.#parts;
    const look = this.#session?.site || {};
    const name = this.getAttribute("heading") || look.title || this.#say("title");
    title.textContent = name;
    this.#screen.welcome.textContent = look.greeting || this.#say("greeting");
    if (CSS.supports("color", look.accent || "")) root.style.setProperty("--site-accent", look.accent);
    root.classList.toggle("left", look.position == "left");
    if (/^(light|dark)$/.test(look.theme) && !this.hasAttribute("theme")) this.setAttribute("theme", look.theme);
    const probe = this.#page ? el("i", { class: "launcher", hidden: true }) : launcher;
    if (this.#page) root.append(probe);
    root.style.setProperty("--on", readable(probe));
    if (this.#page) probe.remove();
    this.#screen.suggest(look.suggestions || [], (text) => this.#composer.draft(text));
    panel.setAttribute("aria-label", name);
  }

  // Talking

  #call() {
    this.#talk ||= openTalk({
      base: this.getAttribute("base")?.replace(/\/+$/, "") ?? HOME,
      site: this.getAttribute("site") || "default",
      language: this.#parts.root.lang,
      memory: this.#memory,
      identity: this.#identity,
      busy: () => this.#screen.busy(),
      on: {
        session: (session) => {
          this.#session = session;
          this.#dress();
        },
        event: (event) => this.#event(event),
        state: (name, message) => this.#state(name, message),
        outbox: () => this.#pend(),
        sent: (item, id) => {
          if (!item.command && !this.#screen.shown.has(id)) this.#screen.put({ id, role: "person", text: item.text, files: item.files, state: "done" });
          this.#pend();
          this.#expect(30000);
        },
      },
    });
  }

  #put(item) {
    this.#call();
    const kept = this.#talk.put(item, this.#screen.lastOwn());
    if (!kept) this.#alarm(this.#say("full"));
    this.#pend();
    this.#screen.follow();
    return kept;
  }

  #pend() {
    this.#screen.pend(this.#memory.outbox());
  }

  /** Show the three dots for a while, or until words come. */
  #expect(milliseconds) {
    clearTimeout(this.#typing);
    this.#screen.typing(milliseconds && !this.#screen.busy());
    if (milliseconds) this.#typing = setTimeout(() => this.#screen.typing(false), milliseconds);
  }

  #event(event) {
    const screen = this.#screen;
    const before = screen.busy();
    let fits = true;
    if (event.type == "snapshot") {
      screen.reset(event.messages);
      this.#missed(event.messages);
    } else if (event.type == "message") this.#message(event.message);
    else if (event.type == "frame") fits = screen.grow(event.id, event.ops);
    else if (event.type == "typing") this.#expect(15000);
    const busy = screen.busy();
    this.#composer.busy(busy);
    if (busy && !before) {
      this.#announce(this.#say("typing"));
      this.#expect(0);
    }
    if (event.type != "frame") this.#pend();
    return fits;
  }

  #message(message) {
    const known = this.#screen.shown.has(message.id);
    const ended = this.#screen.put(message);
    if (message.role != "person") this.#expect(0);
    if (message.state == "streaming" || (known && !ended)) return;
    this.#tell("message", { id: message.id, role: message.role, text: message.text });
    if (message.role == "person") return;
    this.#announce(this.#screen.shown.get(message.id).body.textContent.slice(0, 400));
    if (this.#visible) this.#memory.write("seen", message.id);
    else this.#count(this.#unread + 1);
  }

  get #visible() {
    return this.#page || this.#parts.panel.open;
  }

  /** Count what came while the page was away. */
  #missed(messages) {
    const answers = messages.filter((message) => message.role != "person" && message.state != "streaming");
    const seen = this.#memory.read("seen");
    if (this.#visible || !seen) this.#memory.write("seen", answers.at(-1)?.id || seen);
    else this.#count(answers.length - 1 - answers.findLastIndex((message) => message.id == seen));
  }

  #count(unread) {
    const { launcher, badge, panel } = this.#parts;
    const say = this.#say;
    if (!unread) {
      const last = [...this.#screen.shown.values()].findLast((row) => row.message.role != "person");
      if (last) this.#memory.write("seen", last.message.id);
    }
    badge.textContent = unread > 99 ? "99+" : unread;
    badge.hidden = !unread;
    launcher.setAttribute("aria-label", say(panel.open ? "close" : "open") + (unread ? `, ${unread} ${say("unread")}` : ""));
    launcher.setAttribute("aria-expanded", !!panel.open);
    if (unread != this.#unread) this.#tell("unread", { count: unread });
    this.#unread = unread;
  }

  async #stop() {
    try {
      await this.#talk?.stop();
    } catch (error) {
      this.#alarm(error.message || this.#say("lost"));
    }
  }

  // Saying how it goes

  #state(name, message) {
    const { alert } = this.#parts;
    if (name == "live") return (alert.hidden = true);
    const offline = name == "lost" && !navigator.onLine;
    this.#alarm(offline ? this.#say("offline") : message || this.#say(CALM[name] || "lost"), !offline);
    alert.classList.toggle("calm", name != "refused");
  }

  #alarm(text, retry) {
    const { alert } = this.#parts;
    alert.classList.remove("calm");
    // Said once: the same words again would interrupt a screen reader at every new try.
    if (alert.hidden || alert.firstChild?.textContent != text) {
      alert.replaceChildren(el("span", { dir: "auto" }, text),
        retry && this.#talk
          ? el("button", { type: "button", class: "plainly", click: () => this.#talk.again() }, this.#say("retry"))
          : iconButton("close", this.#say("remove"), "dismiss", () => ((alert.hidden = true), this.#composer.field.focus())));
    }
    alert.hidden = false;
  }

  #announce(text) {
    this.#parts.status.textContent = text;
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent("parley:" + name, { detail, bubbles: true, composed: true }));
  }

  #key(event) {
    if (event.key == "Escape" && !event.isComposing) {
      if (this.#screen.busy()) this.#stop();
      else if (this.#page) return;
      else this.close();
      event.preventDefault();
      event.stopPropagation();
    } else if (event.altKey && (event.key == "ArrowUp" || event.key == "ArrowDown")) {
      if (this.#screen.step(event.key == "ArrowUp" ? -1 : 1)) event.preventDefault();
    }
  }
}

if (!customElements.get("parley-chat")) customElements.define("parley-chat", ParleyChat);
