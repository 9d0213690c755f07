// Where the person writes. Knows text, files and keys; must not know how anything is sent.

import { el, icon, iconButton } from "./dom.js";
import { W } from "./words.js";

/**
 * Make the composer. `act`: {send(text, files) -> accepted, stop(), upload(file) -> file, alarm(text), bounds() -> {text, file}}.
 */
export const makeComposer = (say, act) => {
  let files = [];
  const draw = () => {
    chips.replaceChildren(...files.map((file) =>
      el("span", { class: "file" + (file.id ? "" : " waiting") }, icon("attach"), el("bdi", 0, file.name),
        iconButton("close", say(W.remove) + " " + file.name, "drop", () => ((files = files.filter((other) => other != file)), draw(), field.focus())))));
    chips.hidden = !files.length;
    update();
  };
  const add = async (list) => {
    for (const file of list) {
      const most = act.bounds().file;
      if (most && file.size > most) {
        act.alarm(`${file.name}: ${say(W.large)}`);
        continue;
      }
      const chip = { name: file.name };
      files.push(chip);
      draw();
      try {
        Object.assign(chip, await act.upload(file));
      } catch (error) {
        files = files.filter((other) => other != chip);
        act.alarm(`${file.name}: ${error.message || say(W.lost)}`);
      }
      draw();
    }
  };

  const submit = () => {
    const text = field.value.trim();
    if (!ready()) return;
    const most = act.bounds().text;
    if (most && text.length > most) return act.alarm(`${say(W.large)}: ${text.length} / ${most}`);
    if (!act.send(text, files)) return;
    field.value = "";
    files = [];
    draw();
    grow();
  };
  const ready = () => (field.value.trim() || files.length) && files.every((file) => file.id);
  const update = () => {
    // aria-disabled and not disabled: focus must not fall off the button when the text is sent.
    send.setAttribute("aria-disabled", !ready());
    form.classList.toggle("written", !!field.value.trim() || !!files.length);
  };
  const grow = () => {
    field.style.height = "auto";
    field.style.height = field.scrollHeight + "px";
    update();
  };

  const field = el("textarea", {
    rows: 1, part: "input", dir: "auto", "aria-label": say(W.write), placeholder: say(W.write), enterkeyhint: "send",
    input: grow,
    keydown: (event) => {
      // 229: Safari ends a composition before it reports the Enter that ended it.
      if (event.key != "Enter" || event.shiftKey || event.isComposing || event.keyCode == 229) return;
      event.preventDefault();
      submit();
    },
    paste: (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      add(event.clipboardData.files);
    },
  });
  const picker = el("input", { type: "file", multiple: true, class: "hidden", tabindex: -1, "aria-hidden": "true", change: () => (add([...picker.files]), (picker.value = "")) });
  const chips = el("div", { class: "files", hidden: true });
  const send = iconButton("send", say(W.send), "send", submit);
  const stop = iconButton("stop", say(W.stop), "stop", act.stop);
  const attach = iconButton("attach", say(W.attach), "attach", () => picker.click());
  const form = el("form", { class: "composer" },
    chips, el("div", { class: "line" }, attach, picker, field, stop, send));
  stop.hidden = true;
  update();

  return {
    form, field, add,
    /** Put text into the field for the person to finish. */
    draft: (text) => ((field.value = text), grow()),
    /** Offer Stop while an answer is being written. */
    busy: (yes) => {
      if (stop.hidden == !yes) return;
      const focused = stop.getRootNode().activeElement == stop;
      stop.hidden = !yes;
      form.classList.toggle("busy", yes);
      if (focused) field.focus();
    },
  };
};
