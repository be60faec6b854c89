import { hash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";

import { errorCode } from "../error-code.ts";
import { decodeDelivery, type Delivery, encodeDelivery, type Provider } from "./delivery.ts";

/** Why a delivery, or a part of it, is no event. */
export interface Quarantined {
  readonly provider: Provider;
  readonly why: string;
}

/** How many deliveries wait, and how many were kept. */
export interface SpoolFigures {
  /** Received, and not yet looked at. */
  readonly waiting: number;
  /** Named an issue that nothing is known of yet. */
  readonly parked: number;
  readonly quarantined: number;
}

/** An issue under the tracker's own number. */
export interface NumberedIssue {
  readonly host: string;
  readonly id: string;
}

const SUFFIX = ".delivery.json";
/** No encoded host or number holds it. */
const BETWEEN = ",";

/**
 * Deliveries on their way into the log, each a file of its own under `.store/webhooks`. A file appears whole or
 * not at all, and goes away only when its facts are in the log. Several processes may work on the same folder: natural
 * keys make what two of them record one event.
 */
export class DeliverySpool {
  readonly #waiting: string;
  readonly #parked: string;
  readonly #quarantine: string;

  /** @param room the store's `.store` folder. */
  constructor(room: string) {
    this.#waiting = join(room, "webhooks", "waiting");
    this.#parked = join(room, "webhooks", "parked");
    this.#quarantine = join(room, "quarantine", "webhooks");
  }

  /** Keeps a delivery; it is on disk when the promise resolves. */
  async add(delivery: Delivery): Promise<void> {
    const name = `${delivery.received_at.replaceAll(/[^0-9]/g, "")}-${randomUUID()}${SUFFIX}`;
    await writeDurably(join(this.#waiting, name), encodeDelivery(delivery));
  }

  /** Names of the deliveries that wait, in the order in which they came. */
  async waiting(): Promise<string[]> {
    return (await filesIn(this.#waiting)).filter((name) => name.endsWith(SUFFIX)).sort();
  }

  /** A waiting delivery; undefined when another process was faster, `"unreadable"` when the file is no delivery. */
  async read(name: string): Promise<Delivery | "unreadable" | undefined> {
    try {
      const text = await readFile(join(this.#waiting, name), "utf8");
      return decodeDelivery(text) ?? "unreadable";
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Lets go of a delivery whose facts are in the log. */
  async done(name: string): Promise<void> {
    await rm(join(this.#waiting, name), { force: true });
  }

  /** Lays a delivery aside until the issue that it names by number is known. */
  async park(name: string, issue: NumberedIssue): Promise<void> {
    const folder = this.#folderOf(issue);
    await makeFolder(folder);
    await renamed(join(this.#waiting, name), join(folder, name));
  }

  /** The issues that deliveries were laid aside for. */
  async parkedFor(): Promise<NumberedIssue[]> {
    return (await filesIn(this.#parked)).map(issueOfFolder).filter((issue) => issue !== undefined);
  }

  /** Has the deliveries that were laid aside for an issue looked at again. */
  async unpark(issue: NumberedIssue): Promise<void> {
    const folder = this.#folderOf(issue);
    for (const name of await filesIn(folder)) await renamed(join(folder, name), join(this.#waiting, name));
    await removeIfEmpty(folder);
  }

  #folderOf({ host, id }: NumberedIssue): string {
    return join(this.#parked, `${encodeURIComponent(host)}${BETWEEN}${encodeURIComponent(id)}`);
  }

  /**
   * Keeps a delivery for good, with the reason. The same body is kept once, however often it is delivered.
   */
  async quarantine(name: string, { provider, why }: Quarantined, delivery: Delivery): Promise<void> {
    const digest = hash("sha256", delivery.body).slice(0, 32);
    const text = `${JSON.stringify({ why, ...(JSON.parse(encodeDelivery(delivery)) as object) })}\n`;
    await writeDurably(join(this.#quarantine, `${provider}-${digest}.json`), text);
    await this.done(name);
  }

  /** Keeps a file that is no delivery, as it is. */
  async setAside(name: string): Promise<void> {
    await makeFolder(this.#quarantine);
    await renamed(join(this.#waiting, name), join(this.#quarantine, `unreadable-${name}`));
  }

  async figures(): Promise<SpoolFigures> {
    const [waiting, kept] = [await this.waiting(), await filesIn(this.#quarantine)];
    let parked = 0;
    for (const folder of await filesIn(this.#parked))
      parked += (await filesIn(join(this.#parked, folder))).length;
    return { waiting: waiting.length, parked, quarantined: kept.length };
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  try {
    await using file = await open(temporary, "wx", 0o600);
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rename(temporary, path);
  await syncFolder(folder);
}

async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first !== undefined) for (const made of foldersFrom(first, folder)) await syncFolder(dirname(made));
}

/** The folders that were made, outermost first. */
function foldersFrom(first: string, last: string): string[] {
  const made: string[] = [];
  for (let folder = last; folder.length >= first.length; folder = join(folder, "..")) made.unshift(folder);
  return made;
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

/** Another process may have been faster. */
async function renamed(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

/** Undefined for what somebody else put there. */
function issueOfFolder(name: string): NumberedIssue | undefined {
  const [host, id, ...more] = name.split(BETWEEN);
  if (host === undefined || id === undefined || more.length > 0) return undefined;
  try {
    return { host: decodeURIComponent(host), id: decodeURIComponent(id) };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "")) throw error;
  }
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return [];
    throw error;
  }
}
