// Elements, made one way only: createElement and text nodes. Knows the DOM; must not know messages.
// Nothing here or above ever parses a string as HTML, so no text can become markup.

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

const SHAPES = {
  chat: "M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H12l-4.5 4v-4h-1A2.5 2.5 0 0 1 4 13.5z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M8 8h8v8H8z",
  attach: "M19 11.5l-7.3 7.3a4.5 4.5 0 0 1-6.4-6.4l7.5-7.5a3 3 0 0 1 4.3 4.3l-7.4 7.4a1.5 1.5 0 0 1-2.2-2.1l6.6-6.6",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  done: "M5 12.5l4.5 4.5L19 7.5",
  retry: "M19 12a7 7 0 1 1-2.2-5.1M19 4v4.5h-4.5",
  fresh: "M12 5v14M5 12h14",
  latest: "M12 5v14M6 13l6 6 6-6",
  file: "M7 4h7l4 4v12H7zM14 4v4h4",
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
  el("button", { type: "button", class: "icon " + part, part, "aria-label": label, title: label, click }, icon(shape));

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

/** A random id that also works where crypto.randomUUID is missing (plain http). */
export const uuid = () =>
  crypto.randomUUID?.() ||
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16));
