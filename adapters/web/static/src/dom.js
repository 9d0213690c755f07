// Elements, made one way only: createElement and text nodes. Knows the DOM; must not know messages.
// Nothing here or above ever parses a string as HTML, so no text can become markup.

/** Make an element. `set`: attributes, or listeners for functions; false and null are left out. Every class is a part
 * too, for pages to theme, and no button sends a form unless it says so. */
export const el = (tag, set, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries({ part: set?.class, type: tag == "button" && tag, ...set })) {
    if (typeof value == "function") node.addEventListener(name, value);
    else if (value != null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
};

const SHAPES = {
  chat: "M7 4h10a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3h-5l-4 4v-4H7a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M8 8h8v8H8z",
  attach: "M19 11l-7 7a4 4 0 0 1-6-6l8-8a3 3 0 0 1 4 4l-8 8a1 1 0 0 1-2-2l7-7",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  done: "M5 12l5 5 9-9",
  good: "M7 10v9H4v-9zh1l4-7a2 2 0 0 1 2 3l-1 4h6l-2 9H7",
  retry: "M19 12a7 7 0 1 1-2-5M19 4v4h-4",
  fresh: "M12 5v14M5 12h14",
};

/** An icon as inline SVG, hidden from screen readers: the button around it carries the label. */
export const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
};

/** A button that is only an icon. */
export const iconButton = (shape, label, part, click) =>
  el("button", { class: "icon " + part, "aria-label": label, title: label, click }, icon(shape));

/** Copy text; without the clipboard API (plain http) through a throw-away text field. Resolves to success. */
export const copy = async (text, near) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = el("textarea", { class: "hidden" });
    const focused = near.getRootNode().activeElement;
    field.value = text;
    near.after(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    focused?.focus();
    return copied;
  }
};

/** 128 random bits in hexadecimal; crypto.randomUUID is missing on plain http. */
export const uuid = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => (byte + 256).toString(16).slice(1)).join("");
