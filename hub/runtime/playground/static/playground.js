// The page: who one is, four panes, hints, light and dark. Knows how they meet; must not know what a pane shows.

import { button, el } from "./dom.js";
import { makePane, PLATFORMS } from "./pane.js";
import { act, listen, people, upload } from "./wire.js";

const find = (id) => document.getElementById(id);
const root = document.documentElement;
const announce = (text) => (find("status").textContent = text);
const narrow = matchMedia("(max-width: 760px)");

const names = new Map();
const panes = Object.fromEntries(Object.keys(PLATFORMS).map((id) => [id, makePane(id, { names, act, send: upload, announce })]));
const widget = document.createElement("parley-chat");
let everybody = [], me;

// Who one is

const be = async (person) => {
  me = everybody.find((one) => one.id == person);
  for (const pressed of find("who").children) pressed.ariaPressed = String(pressed.dataset.person == me.id);
  // at once: what is typed next is already this person's
  for (const pane of Object.values(panes)) pane.be(me.id);
  announce(`You are ${me.name}.`);
  // A signature is good for less than an hour, so each change of person gets a new one.
  everybody = (await people()).people;
  if (me.id != person) return;
  me = everybody.find((one) => one.id == person);
  widget.setAttribute("lang", me.language);
  widget.identify(me.identity);
  if (!widget.isConnected) find("pane-widget").append(widget);
};

const settle = async () => {
  const told = await people();
  everybody = told.people;
  for (const one of everybody) names.set(one.id, one.name);
  find("who").replaceChildren(...everybody.map((one) =>
    button(one.name, { "data-person": one.id, "aria-pressed": "false", title: new Intl.DisplayNames(["en"], { type: "language" }).of(one.language), click: () => be(one.id) })));
  find("model").textContent = told.model == "demo" ? "· the demo model answers: a script that knows Parley" : `· ${told.model} answers`;
  for (const hint of document.querySelectorAll("[data-dear]")) hint.hidden = !told.dear;
  find("hints").dataset.dear = told.dear;
  widget.setAttribute("site", told.site);
  widget.setAttribute("mode", "page");
  await customElements.whenDefined("parley-chat");
  await be(everybody[0].id);
};

// Four panes, which are tabs on a phone

const titles = [...Object.entries(PLATFORMS).map(([id, { title }]) => [id, title]), ["widget", "Website"]];
const choose = (id) => {
  for (const tab of find("tabs").children) {
    const mine = tab.dataset.tab == id;
    tab.ariaSelected = String(mine);
    tab.tabIndex = mine ? 0 : -1;
    find(`pane-${tab.dataset.tab}`).classList.toggle("chosen", mine);
  }
};
const step = (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const tabs = [...find("tabs").children];
  const next = tabs[(tabs.indexOf(document.activeElement) + by + tabs.length) % tabs.length];
  choose(next.dataset.tab);
  next.focus();
};
find("panes").append(
  ...Object.values(panes).map((pane) => pane.root),
  el("section", { class: "pane widget", id: "pane-widget", "aria-label": "Website" }, el("header", 0, el("h2", 0, "Website"), el("span", { class: "state" }, "<parley-chat>"))),
);
find("tabs").append(...titles.map(([id, title]) =>
  el("button", { type: "button", role: "tab", id: `tab-${id}`, "data-tab": id, class: id, "aria-controls": `pane-${id}`, click: () => choose(id) }, title)));
find("tabs").addEventListener("keydown", step);
choose("telegram");

// Hints

const askAll = (text) => {
  for (const pane of Object.values(panes)) {
    pane.show("private");
    pane.say(text);
  }
  widget.send(text);
  announce("Asked on all four.");
};
/** One long answer of the dear model spends what the free plan gives; the question after it meets the wall. On Slack,
 * what is said in one instant begins a thread each, and those are answered side by side: hence the pauses. */
const runOut = async () => {
  for (const text of [`/model ${find("hints").dataset.dear}`, "Give me a long answer", "What is Parley?"]) {
    askAll(text);
    await new Promise((done) => setTimeout(done, 2500));
  }
};
find("all").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = find("everywhere").value.trim();
  if (text) askAll(text);
  find("everywhere").value = "";
});
const fold = () => narrow.matches && (find("hints").open = false);
find("hints").open = matchMedia("(min-width: 1181px)").matches;
find("hints").addEventListener("click", (event) => {
  const pressed = event.target.closest("button");
  if (!pressed) return;
  const { ask, link, group, spend, break: cut } = pressed.dataset;
  if (ask) askAll(ask);
  if (spend != null) runOut();
  if (link != null) {
    choose("telegram");
    panes.telegram.show("private");
    panes.telegram.say("/link");
  }
  if (cut != null) for (const pane of Object.values(panes)) pane.break();
  if (group != null) for (const pane of Object.values(panes).reverse()) pane.call("What is Parley?");
  fold();
});

// Light and dark

const paint = (theme) => {
  const dark = theme ? theme == "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  if (theme) {
    root.dataset.theme = theme;
    widget.setAttribute("theme", theme);
  }
  find("theme").ariaPressed = String(dark);
};
find("theme").addEventListener("click", () => paint(find("theme").ariaPressed == "true" ? "light" : "dark"));
paint();

// Everything that is shown. After a break the playground tells all of it again.

let stale = false;
await settle();
listen(
  ({ places }) => {
    if (stale) {
      // Perhaps another playground: its people are others, and so are their signatures.
      for (const pane of Object.values(panes)) pane.forget();
      be(me.id);
    }
    stale = false;
    root.classList.remove("lost");
    for (const told of places) panes[told.pane].hear(told);
  },
  () => {
    stale = true;
    root.classList.add("lost");
    announce("The playground has ended, or cannot be reached.");
  },
);
