// What this station keeps, in the browser's database: every event until the server has it, and what
// the station is. A promise that is kept is on the disk.

const NAME = "almareplay-capture";
export const UNSENT = 0;
export const SENT = 1;
export const REFUSED = 2;

function done(transaction, answer = () => undefined) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(answer());
    transaction.onabort = () => reject(transaction.error ?? new Error("The browser kept nothing."));
    transaction.onerror = (event) => event.preventDefault();
  });
}

/** Open the station's database. */
export function openStore(name = NAME) {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => {
      const rows = asked.result.createObjectStore("events", { keyPath: "sequence" });
      rows.createIndex("sending", ["session", "sending"]);
      asked.result.createObjectStore("kept");
    };
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("Another window keeps the database."));
    asked.onsuccess = () => resolve(storeOf(asked.result));
  });
}

function storeOf(database) {
  const strict = { durability: "strict" };
  const writing = (...names) => database.transaction(names, "readwrite", strict);
  const reading = (name) => database.transaction(name).objectStore(name);

  function result(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  return {
    /** Store an event as the next of this station; answers its row once it is on the disk. The
     * number and the event are stored together or not at all. */
    add(session, event) {
      const transaction = writing("events", "kept");
      const kept = transaction.objectStore("kept");
      let row = null;
      kept.get("sequence").onsuccess = ({ target }) => {
        const sequence = (target.result ?? 0) + 1;
        row = { sequence, session, sending: UNSENT, event: { ...event, sequence } };
        kept.put(sequence, "sequence");
        transaction.objectStore("events").add(row);
      };
      return done(transaction, () => row);
    },

    /** Rows that the server has not confirmed, in their order. */
    unsent: (session, limit) =>
      result(reading("events").index("sending").getAll([session, UNSENT], limit)),

    /** How many rows of a session are unsent, sent, or refused. */
    count: (session, sending) =>
      result(reading("events").index("sending").count([session, sending])),

    /** All rows, in their order. */
    async rows(session) {
      const all = await result(reading("events").getAll());
      return all.filter((row) => row.session === session);
    },

    /** Change rows: `changes` holds what is new of each, by its sequence. */
    change(changes) {
      const transaction = writing("events");
      const rows = transaction.objectStore("events");
      for (const [sequence, change] of changes) {
        rows.get(sequence).onsuccess = ({ target }) => {
          if (target.result) rows.put({ ...target.result, ...change });
        };
      }
      return done(transaction);
    },

    /** The other sessions with rows that the server never had: name and number. */
    async stranded(session) {
      const found = new Map();
      for (const row of await result(reading("events").getAll())) {
        if (row.session !== session && row.sending !== SENT) {
          found.set(row.session, (found.get(row.session) ?? 0) + 1);
        }
      }
      return [...found].map(([name, count]) => ({ name, count }));
    },

    /** Delete the rows of sessions that `isOver` names, as far as `may` lets each row go. */
    forget(isOver, may = (row) => row.sending === SENT) {
      const transaction = writing("events");
      transaction.objectStore("events").openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        if (isOver(cursor.value.session) && may(cursor.value)) cursor.delete();
        cursor.continue();
      };
      return done(transaction);
    },

    /** What is kept under a name. */
    kept: (name) => result(reading("kept").get(name)),

    /** Keep values by their names; those that are undefined are deleted. */
    keep(values) {
      const transaction = writing("kept");
      for (const [name, value] of Object.entries(values)) {
        if (value === undefined) transaction.objectStore("kept").delete(name);
        else transaction.objectStore("kept").put(value, name);
      }
      return done(transaction);
    },
  };
}
