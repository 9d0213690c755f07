// Where one writes in a pane: field, send, file, menu of commands, what is answered. Must not know messages.
// Knows keys and focus.

import { button, el, icon } from "./dom.js";

/** `on`: {say(text), types(text), file(file), leave()}; `commands()` are those of the place that is shown. */
export const makeComposer = (label, commands, on) => {
  const field = el("textarea", {
    rows: 1, dir: "auto", "aria-label": label, autocomplete: "off", enterkeyhint: "send",
    input: () => (grow(), offer()),
    keydown: (event) => key(event),
    blur: () => setTimeout(() => form.contains(document.activeElement) || close(), 100),
  });
  const menu = el("div", { class: "menu", role: "listbox", "aria-label": "Commands", hidden: true });
  const target = el("div", { class: "target", hidden: true });
  const quick = el("div", { class: "quick", hidden: true });
  const picker = el("input", { type: "file", class: "unseen", tabindex: -1, "aria-hidden": "true", change: () => {
    for (const file of picker.files) on.file(file);
    picker.value = "";
  } });
  const attach = el("button", { type: "button", class: "attach", "aria-label": "Send a file", title: "Send a file", click: () => picker.click() }, icon("attach"));
  const send = el("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send" }, icon("send"));
  let chosen = -1;

  const grow = () => {
    field.style.height = "auto";
    field.style.height = Math.min(field.scrollHeight, 140) + "px";
  };
  const close = () => {
    menu.hidden = true;
    chosen = -1;
  };
  const take = (words) => {
    field.value = words;
    close();
    grow();
    field.focus();
    offer();
  };
  const mark = (by) => {
    const options = [...menu.children];
    chosen = (chosen + by + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at == chosen)));
    options[chosen]?.scrollIntoView({ block: "nearest" });
  };
  /** Commands while one is typed, then what the platform offers for its argument. */
  const offer = async () => {
    const { value } = field;
    const typed = /^\/([a-z]*)$/i.exec(value);
    if (typed) {
      const fitting = commands().filter((one) => one.name.startsWith(typed[1].toLowerCase()));
      return list(fitting.map((one) => [`/${one.name} `, "/" + one.name, one.does.replaceAll("`", "")]));
    }
    close();
    const command = /^\/[a-z]+ /i.exec(value)?.[0];
    if (!command) return;
    const offered = await on.types(value);
    if (field.value == value) list(offered.filter((one) => command + one != value).map((one) => [command + one, one, ""]));
  };
  const list = (options) => {
    if (!options.length) return close();
    menu.replaceChildren(...options.map(([words, name, does]) =>
      el("button", { type: "button", role: "option", tabindex: -1, "aria-selected": "false", click: () => take(words) },
        el("b", 0, name), el("span", { dir: "auto" }, does))));
    menu.hidden = false;
    chosen = -1;
    mark(1);
  };
  const submit = () => {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    close();
    grow();
    on.say(text);
  };
  const key = (event) => {
    if (event.isComposing) return;
    const exact = menu.children[chosen]?.firstChild.textContent == field.value.trim();
    if (!menu.hidden && /^Arrow(Up|Down)$/.test(event.key)) mark(event.key == "ArrowUp" ? -1 : 1);
    else if (!menu.hidden && (event.key == "Tab" || (event.key == "Enter" && !exact))) menu.children[chosen].click();
    else if (event.key == "Escape" && !menu.hidden) close();
    else if (event.key == "Escape" && !target.hidden) on.leave();
    else if (event.key == "Enter" && !event.shiftKey) submit();
    else return;
    event.preventDefault();
  };

  const form = el("form", { class: "composer", submit: (event) => (event.preventDefault(), submit()) },
    menu, quick, target, el("div", { class: "line" }, attach, field, send, picker));

  return {
    form, field,
    draft: (text) => {
      field.value = text;
      grow();
      field.focus();
    },
    /** What is written goes there; null: to the place itself. */
    aim: (words, leave) => {
      target.hidden = !words;
      target.replaceChildren(...(words ? [el("span", { dir: "auto" }, words), button(leave, { click: () => on.leave() })] : []));
    },
    /** Things to say with one press. */
    suggest: (texts) => {
      if (quick.dataset.shown == texts.join("\n")) return;
      quick.dataset.shown = texts.join("\n");
      quick.hidden = !texts.length;
      quick.replaceChildren(...texts.map((text) => button(text, { dir: "auto", click: () => on.say(text) })));
    },
    close: (yes) => (form.hidden = yes),
    placeholder: (text) => {
      if (field.placeholder == text) return;
      field.placeholder = text;
      grow();
    },
  };
};
