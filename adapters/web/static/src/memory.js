// What survives a reload: the token, the outbox and what was seen, per site and per signed person.
// Knows localStorage; must not know the network. Works in memory only where storage is forbidden.

/** Most messages that may wait for the network. */
export const OUTBOX_CAP = 50;

/** Open the memory of one site; `person` keeps people who sign in on one device apart. */
export const openMemory = (site, person) => {
  const prefix = `parley:${site}:${person || ""}:`;
  const spare = {};
  let broken = false;

  const recall = (name) => {
    try {
      return broken ? spare[name] : JSON.parse(localStorage.getItem(prefix + name));
    } catch {
      return spare[name];
    }
  };
  const keep = (name, value) => {
    spare[name] = value;
    try {
      if (value == null) localStorage.removeItem(prefix + name);
      else localStorage.setItem(prefix + name, JSON.stringify(value));
    } catch {
      broken = true; // Storage is full or forbidden; the copy in memory has to do.
    }
  };

  return {
    prefix,
    recall,
    keep,
    /** Messages not yet confirmed by the hub, oldest first: {key, text, files, tried?, error?}. */
    outbox: () => recall("outbox") || [],
    /** Change one outbox item by key; `change` returns the new item, or null to drop it. */
    settle: (key, change) =>
      keep("outbox", (recall("outbox") || []).map((item) => (item.key == key ? change(item) : item)).filter(Boolean)),
    /** Put an item last; false when the outbox is full. */
    enqueue: (item) => {
      const items = recall("outbox") || [];
      if (items.length >= OUTBOX_CAP) return false;
      keep("outbox", [...items, item]);
      return true;
    },
  };
};
