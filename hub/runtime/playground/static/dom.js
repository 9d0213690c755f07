// Elements, made one way only: createElement and text nodes. Knows the DOM; must not know messages.
// Nothing here or above ever parses a string as HTML, so no text can become markup.

const TAGS = new Set(
  "p h1 h2 h3 h4 h5 h6 ul ol li pre code strong em s u a br hr blockquote table thead tbody tr th td small span".split(" "),
);
const SAFE = /^(https?:\/\/|mailto:)/i;

/** Make an element. `set`: attributes, or listeners for functions; false and null are left out. */
export const el = (tag, set, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(set || {})) {
    if (typeof value == "function") node.addEventListener(name, value);
    else if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
};

/** One of a message's nodes as a DOM node: tags and attributes from closed lists, everything else is text. */
export const build = (node) => {
  if (!Array.isArray(node)) return new Text(String(node));
  const [tag, given, ...rest] = node;
  const set = given || {};
  const children = rest.map(build);
  if (tag == "a") {
    if (!SAFE.test(set.href) || !URL.canParse(set.href)) return el("span", 0, ...children);
    return el("a", { href: set.href, title: set.href, target: "_blank", rel: "noopener noreferrer" }, ...children);
  }
  if (tag == "tk") return el("span", { class: "tk-" + String(set.c).slice(0, 1) }, ...children);
  if (tag == "math") return el("code", { dir: "ltr" }, ...children);
  if (tag == "task") return el("span", { role: "img", "aria-label": set.done ? "done" : "to do" }, set.done ? "☑ " : "☐ ");
  if (tag == "mention") return el("span", { class: "mention" }, ...children);
  if (tag == "spoiler") return el("span", { class: "spoiler", tabindex: 0, title: "Spoiler" }, ...children);
  if (tag == "pre") return el("pre", { dir: "ltr", tabindex: 0, "data-lang": set.lang || null }, el("code", 0, ...children));
  if (!TAGS.has(tag)) return el("span", 0, ...children);
  const block = /^(p|h\d|ul|ol|blockquote|table|small)$/.test(tag);
  const element = el(tag, { start: +set.start || null, class: set.align && "to-" + set.align, dir: tag == "code" ? "ltr" : block && "auto" }, ...children);
  return tag == "table" ? el("div", { class: "wide", tabindex: 0 }, element) : element;
};

/** Give `parent` these children, leaving those alone that are equal or the same, so that focus and selection survive. */
export const fill = (parent, children) => {
  children.forEach((child, at) => {
    const old = parent.childNodes[at];
    if (old === child) return;
    if (old && !child.isConnected && old.isEqualNode(child)) return;
    if (old && !child.isConnected) old.replaceWith(child);
    else parent.insertBefore(child, old || null);
  });
  while (parent.childNodes.length > children.length) parent.lastChild.remove();
};

/** A button of words alone; what it does stands in its data attributes. */
export const button = (label, set) => el("button", { type: "button", ...set }, label);

const SHAPES = {
  send: "M4 12l16-8-5 16-3-7z",
  attach: "M19 11l-7 7a4 4 0 0 1-6-6l8-8a3 3 0 0 1 4 4l-8 8a1 1 0 0 1-2-2l7-7",
};

/** An icon as inline SVG, hidden from screen readers: the button around it carries the label. */
export const icon = (name) => {
  const make = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const svg = make("svg");
  const path = make("path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
};
