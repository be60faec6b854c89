import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

import { Catalog } from "../../src/engines/files/catalog.ts";
import { type Caller, ProcessKilled } from "./simulated-disk.ts";

let schema: string | undefined;

/** Learns the catalogue's schema from the engine itself; once, before anything is simulated. */
export async function loadCatalogSchema(): Promise<void> {
  const database = await Catalog.openDatabase(":memory:");
  const rows = database.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").all() as {
    sql: string;
  }[];
  schema = rows.map((row) => row.sql).join(";\n");
  database.close();
}

function newDatabase(): DatabaseSync {
  if (schema === undefined) throw new Error("loadCatalogSchema was not awaited");
  const database = new DatabaseSync(":memory:");
  database.exec(schema);
  return database;
}

interface Write {
  readonly sql: string;
  readonly values: SQLInputValue[];
}

/**
 * The catalogue's database of one simulated store: what is committed, which everybody sees and no crash
 * takes away (the engine commits with synchronous = FULL), and what a transaction under way adds.
 */
export class SimulatedDatabase {
  #committed = new Prepared(newDatabase());
  #working = new Prepared(newDatabase());
  #owner: Caller | undefined;
  #writes: Write[] = [];

  /** The process that has a transaction under way has died. */
  abandon(caller: Caller): void {
    if (this.#owner === caller) this.#rollback();
  }

  /** The whole database is lost, or replaced by an empty one. */
  lose(): void {
    this.#owner = undefined;
    this.#writes = [];
    this.#committed.close();
    this.#working.close();
    this.#committed = new Prepared(newDatabase());
    this.#working = new Prepared(newDatabase());
  }

  close(): void {
    this.#committed.close();
    this.#working.close();
  }

  /** A database with the committed content. */
  clone(): SimulatedDatabase {
    const copy = new SimulatedDatabase();
    for (const table of ["meta", "streams", "files"]) {
      const rows = this.#committed.statement(`SELECT * FROM ${table}`).all();
      if (rows.length === 0) continue;
      const marks = Object.keys(rows[0] ?? {}).map(() => "?");
      const sql = `INSERT INTO ${table} VALUES (${marks.join(", ")})`;
      for (const row of rows) copy.#both({ sql, values: Object.values(row) as SQLInputValue[] });
    }
    return copy;
  }

  #both({ sql, values }: Write): void {
    this.#working.statement(sql).run(...values);
    this.#committed.statement(sql).run(...values);
  }

  #rollback(): void {
    this.#owner = undefined;
    this.#writes = [];
    this.#working.database.exec("ROLLBACK");
  }

  #exec(caller: Caller, sql: string): void {
    if (sql === "ROLLBACK") {
      if (caller.dead) throw new ProcessKilled();
      this.#rollback();
      return;
    }
    step(caller);
    if (sql.startsWith("BEGIN")) {
      if (this.#owner !== undefined) throw Object.assign(new Error("database is locked"), { errcode: 5 });
      this.#owner = caller;
      this.#working.database.exec("BEGIN");
      return;
    }
    if (sql === "COMMIT") {
      this.#commit();
      caller.after("sync", "catalog.db");
      return;
    }
    for (const one of sql.split(";")) if (one.trim() !== "") this.#run(caller, { sql: one, values: [] });
  }

  #commit(): void {
    this.#working.database.exec("COMMIT");
    this.#committed.database.exec("BEGIN");
    for (const { sql, values } of this.#writes) this.#committed.statement(sql).run(...values);
    this.#committed.database.exec("COMMIT");
    this.#owner = undefined;
    this.#writes = [];
  }

  #run(caller: Caller, write: Write): void {
    if (caller.dead) throw new ProcessKilled();
    if (this.#owner === caller) {
      this.#working.statement(write.sql).run(...write.values);
      this.#writes.push(write);
    } else if (this.#owner === undefined) {
      step(caller);
      this.#both(write);
      caller.after("sync", "catalog.db");
    } else throw Object.assign(new Error("database is locked"), { errcode: 5 });
  }

  #reading(caller: Caller, sql: string): StatementSync {
    if (caller.dead) throw new ProcessKilled();
    return (this.#owner === caller ? this.#working : this.#committed).statement(sql);
  }

  /** The database as one process has it open. */
  connect(caller: Caller): DatabaseSync {
    const isTransaction = (): boolean => this.#owner === caller;
    const connection = {
      exec: (sql: string) => this.#exec(caller, sql),
      prepare: (sql: string) => ({
        get: (...values: SQLInputValue[]) => this.#reading(caller, sql).get(...values),
        all: (...values: SQLInputValue[]) => this.#reading(caller, sql).all(...values),
        run: (...values: SQLInputValue[]) => this.#run(caller, { sql, values }),
      }),
      get isTransaction() {
        return isTransaction();
      },
      close: () => undefined,
    };
    return connection as unknown as DatabaseSync;
  }
}

/** A commit is a call like any other: the process may be killed, the disk may fail or be full. */
function step(caller: Caller): void {
  if (caller.dead) throw new ProcessKilled();
  const fault = caller.before("sync", "catalog.db");
  if (fault === undefined) return;
  throw Object.assign(new Error(`SQLite: ${fault}`), {
    errcode: fault === "EIO" ? 10 : 13,
    code: "ERR_SQLITE_ERROR",
  });
}

class Prepared {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.database.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  close(): void {
    this.database.close();
  }
}
