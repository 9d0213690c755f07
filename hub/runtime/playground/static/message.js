// One message as its platform shows it. Knows the message's JSON; must not know lists, panes or the network.

import { build, button, el, fill } from "./dom.js";

const BLOCK = /^(P|H\d|UL|OL|PRE|BLOCKQUOTE|TABLE|DIV|HR|SMALL)$/;
const GIVEN = ["👍", "👎"];

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const sizes = (size) => (size >= 1e6 ? `${(size / 1e6).toFixed(1)} MB` : size >= 1e3 ? `${Math.round(size / 1e3)} kB` : `${size} bytes`);

/** Tools are reached with Tab once their message has the focus: otherwise a long talk would be all tab stops. */
const tool = (label, title, set) => button(label, { "aria-label": title, title, tabindex: -1, ...set });

const isBreak = (node) => node?.nodeName == "BR";

/** Runs of words between blocks become paragraphs, which need no line breaks at their ends. */
const paragraphs = (nodes) => {
  const found = [];
  let run = null;
  const end = () => {
    while (isBreak(run?.firstChild)) run.firstChild.remove();
    while (isBreak(run?.lastChild)) run.lastChild.remove();
    if (run?.textContent.trim()) found.push(run);
    run = null;
  };
  for (const node of nodes.map(build)) {
    if (node.nodeType == Node.ELEMENT_NODE && BLOCK.test(node.tagName)) {
      end();
      found.push(node);
    } else (run ||= el("p", { dir: "auto" })).append(node);
  }
  end();
  return found;
};

/** What stands in `message`'s element. `look`: {me, names, replies: may one answer it? asks: has it an entry of ours?} */
const parts = (message, { me, names, replies, asks }) => {
  const { who, state, answers, only, nodes, buttons, files, reactions, edited, at, pane } = message;
  const name = names.get(who) || "Parley";
  const bot = who == "bot";
  const body = el("div", { class: "body" });
  if (state == "thinking") body.append(el("p", { class: "waits" }, "Parley is thinking…"));
  else fill(body, paragraphs(nodes));
  const seen = Object.entries(reactions || {});
  const marks = seen.map(([emoji, whose]) =>
    el("button", { type: "button", "data-emoji": emoji, "aria-pressed": String(whose.includes(me)), title: whose.map((one) => names.get(one) || "Parley").join(", ") }, `${emoji} ${whose.length}`));
  const stands = bot && !state;
  return [
    el("span", { class: "face", "aria-hidden": "true" }, name[0]),
    el("div", { class: "by" }, el("b", 0, name), bot && el("i", 0, "APP"), at ? el("time", 0, (edited && pane == "telegram" ? "edited " : "") + clock.format(at)) : null),
    answers ? el("div", { class: "answered", dir: "auto" }, answers) : null,
    body,
    files?.length ? el("div", { class: "files" }, ...files.map((file) =>
      file.id ? el("a", { href: `files/${pane}/${encodeURIComponent(file.id)}`, download: file.name }, `📄 ${file.name} · ${sizes(file.size)}`) : el("span", 0, `📎 ${file.name}`))) : null,
    edited && pane == "discord" ? el("span", { class: "edited" }, "(edited)") : null,
    ...(buttons || []).map((row) => el("div", { class: "row" }, ...row.map((one) => one.url
      ? build(["a", { href: one.url }, one.label])
      : button(one.label, { "data-button": one.id, class: one.look || null, dir: "auto" })))),
    marks.length ? el("div", { class: "marks" }, ...marks) : null,
    only ? el("div", { class: "only" }, "Only visible to you") : null,
    stands || asks ? el("div", { class: "tools" },
      ...GIVEN.filter((emoji) => stands && !reactions?.[emoji]).map((emoji) => tool(emoji, `React ${emoji}`, { "data-emoji": emoji })),
      stands && replies && tool("↩", "Reply", { "data-answer": true }),
      asks && tool("?", "Ask Parley about this", { "data-about": true })) : null,
  ].filter(Boolean);
};

/** The element of `message`, made or brought up to date. */
export const draw = (message, element, look) => {
  const node = element || el("article", { "data-message": message.id, tabindex: -1 });
  node.className = `message ${message.who == "bot" ? "bot" : "person"} ${message.who == look.me ? "mine" : ""} ${message.state || ""}`;
  node.dataset.who = message.who;
  const fresh = parts(message, look);
  const old = node.querySelector(":scope > .body");
  const body = fresh.find((part) => part.className == "body");
  // The words are compared block by block, so that a growing answer keeps what has not changed.
  if (old) {
    fill(old, [...body.childNodes]);
    fresh[fresh.indexOf(body)] = old;
  }
  fill(node, fresh);
  return node;
};
