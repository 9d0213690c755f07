// <parley-chat site="KEY">: the element a page embeds. Knows attributes, methods and events; what is inside knows the rest.

import { makeRoom } from "./room.js";
import { sharedSheet } from "./style.js";

class ParleyChat extends HTMLElement {
  static observedAttributes = ["site", "base", "lang", "heading", "mode"];

  #shadow = this.attachShadow({ mode: "open" });
  #room;
  #identity = "";

  connectedCallback() {
    this.#shadow.adoptedStyleSheets = [sharedSheet()];
    // Moving the element within the page disconnects and connects it in one go: nothing is to be built anew.
    if (!this.#room) this.#build();
  }

  disconnectedCallback() {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#room?.leave();
      this.#room = null;
    });
  }

  attributeChangedCallback(name, old, value) {
    if (!this.#room || old == value) return;
    if (name == "heading") this.#room.dress();
    else this.#build();
  }

  /** Open the panel and put the focus where one writes. */
  open() {
    this.#room.open();
  }

  /** Close the panel; a running answer goes on. */
  close() {
    this.#room.close();
  }

  /** Send `text` as the person; false when too many messages wait already. */
  send(text) {
    return this.#room.put({ text: String(text).trim() });
  }

  /** Put `text` into the composer for the person to finish. */
  draft(text) {
    this.#room.draft(text);
  }

  /** Sign the visitor in with a JWT made by the page's server; without one, back to an anonymous visitor. */
  identify(jwt) {
    this.#identity = jwt || "";
    if (this.#room) this.#build();
  }

  #build() {
    const old = this.#room;
    const open = old ? old.isOpen() : this.hasAttribute("open");
    old?.leave();
    this.#room = makeRoom(this, this.#shadow, this.#identity);
    if (old) this.#room.composer.draft(old.composer.field.value);
    if (open) this.#room.open();
  }
}

if (!customElements.get("parley-chat")) customElements.define("parley-chat", ParleyChat);
