// Talk with the playground's own routes. Knows addresses and JSON; must not know the screen.

const take = async (answer) => {
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  throw new Error(told.error?.message || told.error || "The playground does not answer.");
};

/** Who one can be, with what signs them in at the widget. */
export const people = async () => (await fetch("people", { cache: "no-store" })).json();

/** Do something as somebody; resolves to {offered: what the platform suggests while they type}, rejects with words. */
export const act = async (deed) =>
  take(await fetch("act", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(deed) }));

/** Send a file as somebody. */
export const upload = async (pane, file, query) => {
  const asked = new URLSearchParams({ ...query, name: file.name, type: file.type });
  await take(await fetch(`files/${pane}?${asked}`, { method: "POST", body: file }));
};

/** Hear everything that is shown, again and again; `lost()` while the playground is away. */
export const listen = (heard, lost) => {
  const source = new EventSource("events");
  source.addEventListener("message", (event) => heard(JSON.parse(event.data)));
  source.addEventListener("error", lost);
};
