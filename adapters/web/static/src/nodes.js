// Server-made nodes become elements: a closed list of tags, a closed list of attributes, text as text nodes.
// Knows the node and op format; must not know where a message is shown. Hostile input ends here.

import { el, icon } from "./dom.js";
import { W } from "./words.js";

const TAGS = new Set("p h1 h2 h3 h4 h5 h6 ul ol li pre code strong em s a br hr blockquote table thead tbody tr th td".split(" "));

/** Only these three schemes may be followed; anything else is shown as plain text. */
const SAFE = /^(https?:\/\/|mailto:)/i;

/** Where this script is from: the hub. */
export const HOME = new URL(import.meta.url);

export const link = (href, children, looks) => {
  if (!SAFE.test(href) || !URL.canParse(href)) return el("span", 0, ...children);
  const url = new URL(href);
  const anchor = el("a", { href: url.href, title: url.href, target: "_blank", rel: "nofollow ugc noopener noreferrer", class: looks }, ...children);
  // A link's words may lie about where it leads, so the host stands behind them, unless that is the hub itself.
  if (url.host != HOME.host && !anchor.textContent.includes(url.host)) anchor.dataset.host = url.host;
  return anchor;
};

/** One node to one DOM node. `say` speaks the widget's language, `copyButton(source)` makes a copy button. */
export const build = (node, say, copyButton) => {
  if (!Array.isArray(node)) return new Text(typeof node == "string" ? node : "");
  const [tag, given, ...rest] = node;
  const set = given || {};
  const children = rest.map((child) => build(child, say, copyButton));
  if (tag == "a") return link(String(set.href), children);
  if (tag == "tk") return el("span", { class: "tk-" + String(set.c)[0] }, ...children);
  if (tag == "math") return el(set.block ? "p" : "span", { dir: "ltr" }, el("code", { class: "math" }, ...children));
  if (tag == "task") {
    return el("span", { class: "task", role: "img", "aria-label": set.done ? "☑" : "☐" }, set.done && icon("done"));
  }
  if (!TAGS.has(tag)) return el("span", 0, ...children);
  if (tag == "pre") {
    // The copy button stands before the text: ops append to the last text leaf.
    const code = el("pre", { tabindex: 0, role: "group", "aria-label": say(W.code) }, ...children);
    const bar = el("div", { class: "bar" }, el("span", 0, String(set.lang || "")), copyButton(() => code.textContent));
    return el("div", { class: "code", dir: "ltr" }, bar, code);
  }
  const element = el(tag, {
    start: +set.start || null,
    scope: tag == "th" && "col",
    class: set.align && "to-" + set.align,
    dir: tag == "code" && "ltr",
  }, ...children);
  if (tag == "table") return el("div", { class: "scroll", tabindex: 0 }, element);
  return element;
};

/** Append to the deepest last text leaf of a block. */
const append = (block, text) => {
  let leaf = block;
  while (leaf.lastChild) leaf = leaf.lastChild;
  if (leaf.nodeType == Node.TEXT_NODE) leaf.data += text;
  else leaf.append(text);
};

/** A block is always one element, so that blocks can be counted, and takes its direction from its own words. */
export const wrap = (node) => {
  const block = node.nodeType == Node.TEXT_NODE ? el("p", 0, node) : node;
  block.dir ||= "auto";
  return block;
};

/** Apply ops to `body`, whose children are the blocks. Returns false when an op does not fit what is shown. */
export const apply = (body, ops, make) => {
  for (const [verb, at, what] of ops) {
    const block = body.children[at];
    if (verb == "-") while (body.children.length > at) body.lastChild.remove();
    else if (verb == "+" && block) append(block, what);
    else if (verb == "=" && block) block.replaceWith(wrap(make(what)));
    else if (verb == "=" && at == body.children.length) body.append(wrap(make(what)));
    else return false;
  }
  return true;
};

