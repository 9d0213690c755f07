// The conversation on screen. Knows messages, pending items and scrolling; must not know the network.

import { copy, el, icon, iconButton } from "./dom.js";
import { apply, build, link, wrap } from "./nodes.js";
import { numberOf } from "./talk.js";
import { W } from "./words.js";

/**
 * Make the log. `say`: words; `act`: {press(command, argument), again(key), discard(key), announce(text)}.
 * A Message is as the hub sends it; `shown` is what stands on the screen.
 */
export const makeScreen = (say, act) => {
  const list = el("div", { class: "list" });
  const queue = el("div", { class: "queue" });
  const dots = el("div", { class: "dots", hidden: true }, el("i"), el("i"), el("i"));
  const welcome = el("p", { class: "welcome", dir: "auto" });
  const ideas = el("div", { class: "choices", dir: "auto" });
  const log = el("div", {
    class: "log", role: "log", "aria-live": "off", "aria-label": say(W.title), tabindex: 0,
    scroll: () => follow(atEnd()),
  }, el("div", { class: "column" }, welcome, ideas, list, queue, dots));
  const latest = iconButton("send", say(W.latest), "latest", () => (follow(true), scroll()));
  latest.hidden = true;
  const shown = new Map();
  let following = true;

  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const follow = (yes) => {
    following = yes;
    latest.hidden = yes;
  };
  /** Keep the end in sight, unless the person has scrolled up to read. */
  const scroll = () => {
    if (following) log.scrollTop = log.scrollHeight;
    else latest.hidden = atEnd();
  };
  new ResizeObserver(() => scroll()).observe(log);

  const copyButton = (source) => {
    const button = iconButton("copy", say(W.copy), "copy", async () => {
      if (!(await copy(source(), button))) return;
      button.replaceChildren(icon("done"));
      act.announce(say(W.copied));
      setTimeout(() => button.replaceChildren(icon("copy")), 1500);
    });
    return button;
  };
  const make = (node) => build(node, say, copyButton);
  const button = (part, click, ...words) => el("button", { class: part, click }, ...words);
  const fileList = (files) =>
    files?.length ? el("div", { class: "files" }, ...files.map((file) => el("span", { class: "file" }, icon("attach"), el("bdi", 0, file.name || file.id)))) : null;

  /** Put `nodes` into `body`, leaving equal blocks alone so that selection and focus in them survive. */
  const fill = (body, nodes) => {
    nodes.forEach((node, at) => {
      const block = wrap(make(node));
      const old = body.children[at];
      if (!old) body.append(block);
      else if (!old.isEqualNode(block)) old.replaceWith(block);
    });
    while (body.children.length > nodes.length) body.lastChild.remove();
  };

  /** The greeting stands only while nothing else does. */
  const greet = (yes) => (welcome.hidden = ideas.hidden = !yes);

  const frame = (role, ...content) =>
    el("div", { class: "msg " + role, part: "message " + role, tabindex: -1 },
      el("span", { class: "hidden" }, say(role == "person" ? W.you : W.assistant) + ": "), ...content);

  /** A body is either plain text, whose line breaks count, or blocks. */
  const dress = (row, plain) => {
    row.plain = plain;
    row.body.classList.toggle("plain", plain);
    row.body.dir = plain ? "auto" : "";
  };

  /** Show a message, new or changed. Returns true when it is news: whole, and not shown whole before. */
  const put = (message) => {
    const { id, role, state } = message;
    let row = shown.get(id);
    const news = state != "streaming" && (!row || row.message.state == "streaming");
    if (!row) {
      const body = el("div", { class: "body" });
      row = { body, foot: el("div", { class: "foot" }) };
      row.element = frame(/^(person|notice)$/.test(role) ? role : "assistant", body, row.foot);
      list.append(row.element);
      shown.set(id, row);
    }
    row.message = message;
    const plain = role == "person" || !message.nodes?.length;
    if (plain) row.body.replaceChildren(message.text || "");
    else fill(row.body, message.nodes);
    dress(row, plain);
    row.element.classList.toggle("streaming", state == "streaming");
    if (state != "streaming") row.foot.replaceChildren(...foot(message));
    greet(false);
    return news;
  };

  /** A thumb; of two at most one is pressed. */
  const opinion = (what, label, id) => {
    const thumb = iconButton("good", say(label), what, () => {
      for (const one of thumb.parentNode.children) one.ariaPressed &&= one == thumb;
      act.press("rate", what + " " + id);
    });
    thumb.ariaPressed = false;
    return thumb;
  };

  const foot = ({ id, role, state, text, files, buttons }) => {
    const choices = (buttons || []).map((choice) => choice.url ? link(choice.url, [choice.label], "choice") : button("choice", () => act.press(choice.command, choice.argument), choice.label));
    const asked = buttons?.some((choice) => choice.command == "retry");
    return [
      fileList(files),
      state == "failed" && role == "assistant" && el("span", { class: "cut" }, say(W.cut)),
      choices.length && el("div", { class: "choices", dir: "auto" }, ...choices),
      role != "person" && el("div", { class: "tools" },
        ...(role == "assistant" ? [copyButton(() => text), opinion("good", W.good, id), opinion("bad", W.bad, id)] : []),
        (role == "assistant" || state == "failed") && !asked && button("retry", () => act.press("retry"), icon("retry"), say(W.retry))),
    ].filter(Boolean);
  };

  /** The person's number of the last message of theirs that is shown. */
  const lastOwn = () => Math.max(0, ...[...shown.values()].filter((row) => row.message.role == "person").map((row) => numberOf(row.message.id)));

  let confirmed = 0;
  /** Has the hub already shown this item back to us, though its confirmation got lost? */
  const arrived = (item) =>
    item.tried && [...shown.values()].some(({ message }) =>
      message.role == "person" && message.text?.trim() == item.text.trim() && numberOf(message.id) > Math.max(item.after, confirmed));

  return {
    log, latest, welcome, lastOwn,
    follow: () => (follow(true), scroll()),
    /** Show exactly these messages. */
    reset(messages) {
      shown.clear();
      list.replaceChildren();
      messages.forEach(put);
      greet(!messages.length);
      scroll();
    },
    put(message) {
      const news = put(message);
      scroll();
      return news;
    },
    /** The hub has confirmed this message of the person. */
    confirm(message) {
      confirmed = numberOf(message.id);
      if (!shown.has(message.id)) put({ ...message, state: "done" });
    },
    wordsOf: (id) => shown.get(id).body.textContent,
    lastAnswer: () => [...shown.values()].findLast(({ message }) => message.role != "person" && message.state != "streaming")?.message.id,
    /** Apply ops to a message that is being written; false when they do not fit. */
    grow(id, ops) {
      if (!shown.has(id)) put({ id, role: "assistant", state: "streaming", text: "" });
      const row = shown.get(id);
      if (row.plain) row.body.replaceChildren();
      dress(row, false);
      const fits = apply(row.body, ops, make);
      scroll();
      return fits;
    },
    /** Show outbox items that the hub has not shown back yet. */
    pend(items) {
      queue.replaceChildren(...items.filter((item) => item.error || (!item.command && !arrived(item))).map((item) =>
        frame("person", el("div", { class: "body plain", dir: "auto" }, item.text || "/" + (item.command?.name || "")), el("div", { class: "foot" }, fileList(item.files),
          item.error
            ? el("div", { class: "sent bad" }, el("span", { dir: "auto" }, say(W.failed) + (item.error.trim() && ": " + item.error)),
              button("plainly", () => act.again(item.key), say(W.retry)), button("plainly", () => act.discard(item.key), say(W.remove)))
            : el("div", { class: "sent" }, say(W.waiting))))));
      queue.hidden = !queue.children.length;
      greet(!shown.size && !queue.children.length);
      scroll();
    },
    /** Offer first questions under the greeting. */
    suggest: (texts, pick) => ideas.replaceChildren(...texts.map((text) => button("choice", () => pick(text), text))),
    typing(yes) {
      dots.hidden = !yes;
      if (yes) scroll();
    },
    /** Move focus to the message before (-1) or after (1) the focused one. */
    step(by) {
      const rows = [...log.querySelectorAll(".msg")];
      const at = rows.indexOf(log.getRootNode().activeElement?.closest(".msg"));
      const row = rows[at < 0 ? (by < 0 ? rows.length - 1 : -1) : Math.min(Math.max(at + by, 0), rows.length - 1)];
      row?.focus();
      return !!row;
    },
    /** Is the last word the person's? */
    asked: () => [...shown.values()].at(-1)?.message.role == "person",
    busy: () => [...shown.values()].some((row) => row.message.state == "streaming"),
  };
};
