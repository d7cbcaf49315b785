/**
 * What this browser keeps: the outbox, drafts, and the keys to one's own anonymous contributions. IndexedDB; where a browser
 * refuses it (private windows, full disks), memory, and `durable` says so.
 *
 * @typedef {"outbox" | "drafts" | "own"} Table
 * @typedef {{key: string, scope: string}} Row  `scope` is workshop and person: nobody sees what another person left here
 * @typedef {object} Store
 * @property {boolean} durable
 * @property {(table: Table, row: Row) => Promise<void>} put
 * @property {(table: Table, key: string) => Promise<void>} remove
 * @property {(table: Table, scope: string) => Promise<any[]>} all
 */

const NAME = "facilitation";
/** @type {Table[]} */
const TABLES = ["outbox", "drafts", "own"];
/** Some browsers neither open nor refuse. */
const PATIENCE = 3000;
/** After signing out nothing is written any more, not even the last key typed. */
let wiped = false;

/** Usable at once: what is asked of it waits until it is open. @returns {Store} */
export function openStore() {
  const memory = memoryStore();
  /** @type {Promise<IDBDatabase | null>} */
  let opening = open().catch(() => {
    store.durable = false;
    return null;
  });

  /**
   * A browser may close the database under a page (storage cleared, iOS in the background): open again once; if that fails too,
   * go on in memory, because sending matters more than keeping.
   * @template T @param {Table} table @param {IDBTransactionMode} mode @param {(rows: IDBObjectStore) => IDBRequest<T>} ask
   * @returns {Promise<T>}
   */
  async function run(table, mode, ask) {
    const db = await opening;
    if (!db) throw new Error("There is only memory");
    try {
      return await transact(db, table, mode, ask);
    } catch {
      const anew = await open();
      opening = Promise.resolve(anew);
      return transact(anew, table, mode, ask);
    }
  }

  /** @type {Store} */
  const store = {
    durable: true,
    put: async (table, row) => {
      if (wiped) return;
      await run(table, "readwrite", (rows) => rows.put(row)).catch(() => {
        store.durable = false;
        return memory.put(table, row);
      });
    },
    remove: (table, key) =>
      memory.remove(table, key).then(() => run(table, "readwrite", (rows) => rows.delete(key))).catch(() => undefined),
    all: async (table, scope) => {
      const kept = await run(table, "readonly", (rows) => rows.index("scope").getAll(scope)).catch(() => /** @type {any[]} */ ([]));
      return kept.concat(await memory.all(table, scope));
    },
  };
  return store;
}

/** Forget everything, of everybody: what signing out on a shared computer means. @returns {Promise<void>} */
export async function wipe() {
  wiped = true;
  try {
    localStorage.clear();
    sessionStorage.clear();
    for (const name of await caches.keys()) await caches.delete(name);
  } catch {
    // Where the browser refuses them nothing was kept; there are no caches on a page without https.
  }
  const db = await open().catch(() => null);
  if (!db) return;
  for (const table of TABLES) await transact(db, table, "readwrite", (rows) => rows.clear()).catch(() => undefined);
  db.close();
}

/** @returns {Store} */
function memoryStore() {
  /** @type {Map<string, {table: Table, row: Row}>} */
  const rows = new Map();
  return {
    durable: false,
    put: async (table, row) => void rows.set(`${table} ${row.key}`, { table, row }),
    remove: async (table, key) => void rows.delete(`${table} ${key}`),
    all: async (table, scope) =>
      Array.from(rows.values()).filter((kept) => kept.table === table && kept.row.scope === scope).map((kept) => kept.row),
  };
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("IndexedDB does not answer")), PATIENCE);
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const table of TABLES) request.result.createObjectStore(table, { keyPath: "key" }).createIndex("scope", "scope");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
}

/**
 * Resolved when the transaction is complete, not when the request is: only then is it on the disk.
 * @template T @param {IDBDatabase} db @param {Table} table @param {IDBTransactionMode} mode
 * @param {(rows: IDBObjectStore) => IDBRequest<T>} ask @returns {Promise<T>}
 */
function transact(db, table, mode, ask) {
  return new Promise((resolve, reject) => {
    // Not only handed to the system: a power cut is a bad line too. A draft is written too often for that.
    const transaction = db.transaction(table, mode, { durability: table === "drafts" ? "relaxed" : "strict" });
    const request = ask(transaction.objectStore(table));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}
