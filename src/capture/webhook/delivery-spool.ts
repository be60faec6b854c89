import { hash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

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

type Room = "waiting" | "parked";

const SUFFIX = ".delivery.json";

/**
 * Deliveries on their way into the log, each a file of its own under `.store/webhooks`. A file appears whole or
 * not at all, and goes away only when its facts are in the log. Several processes may work on the same folder: natural
 * keys make what two of them record one event.
 */
export class DeliverySpool {
  readonly #folders: Readonly<Record<Room, string>>;
  readonly #quarantine: string;
  readonly #made = new Set<string>();

  /** @param room the store's `.store` folder. */
  constructor(room: string) {
    const spool = join(room, "webhooks");
    this.#folders = { waiting: join(spool, "waiting"), parked: join(spool, "parked") };
    this.#quarantine = join(room, "quarantine", "webhooks");
  }

  /** Keeps a delivery; it is on disk when the promise resolves. */
  async add(delivery: Delivery): Promise<void> {
    const name = `${delivery.received_at.replaceAll(/[^0-9]/g, "")}-${randomUUID()}${SUFFIX}`;
    await this.#write(this.#folders.waiting, name, encodeDelivery(delivery));
  }

  /** Names of the deliveries that wait, in the order in which they came. */
  async waiting(): Promise<string[]> {
    return this.#names("waiting");
  }

  /** A waiting delivery; undefined when another process was faster, `"unreadable"` when the file is no delivery. */
  async read(name: string): Promise<Delivery | "unreadable" | undefined> {
    try {
      const text = await readFile(join(this.#folders.waiting, name), "utf8");
      return decodeDelivery(text) ?? "unreadable";
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Lets go of a delivery whose facts are in the log. */
  async done(name: string): Promise<void> {
    await rm(join(this.#folders.waiting, name), { force: true });
  }

  /** Lays a delivery aside until the issue that it names by number is known. */
  async park(name: string): Promise<void> {
    await this.#move(name, "waiting", "parked");
  }

  /** Has the deliveries that were laid aside looked at again. */
  async unpark(): Promise<number> {
    const names = await this.#names("parked");
    for (const name of names) await this.#move(name, "parked", "waiting");
    return names.length;
  }

  /**
   * Keeps a delivery for good, with the reason. The same body is kept once, however often it is delivered.
   */
  async quarantine(name: string, { provider, why }: Quarantined, delivery: Delivery): Promise<void> {
    const digest = hash("sha256", delivery.body).slice(0, 32);
    const text = `${JSON.stringify({ why, ...(JSON.parse(encodeDelivery(delivery)) as object) })}\n`;
    await this.#write(this.#quarantine, `${provider}-${digest}.json`, text);
    await this.done(name);
  }

  /** Keeps a file that is no delivery, as it is. */
  async setAside(name: string): Promise<void> {
    await this.#makeFolder(this.#quarantine);
    await renamed(join(this.#folders.waiting, name), join(this.#quarantine, `unreadable-${name}`));
  }

  async figures(): Promise<SpoolFigures> {
    const [waiting, parked, kept] = [
      await this.#names("waiting"),
      await this.#names("parked"),
      await filesIn(this.#quarantine),
    ];
    return { waiting: waiting.length, parked: parked.length, quarantined: kept.length };
  }

  async #names(room: Room): Promise<string[]> {
    const names = await filesIn(this.#folders[room]);
    return names.filter((name) => name.endsWith(SUFFIX)).sort();
  }

  async #move(name: string, from: Room, to: Room): Promise<void> {
    await this.#makeFolder(this.#folders[to]);
    await renamed(join(this.#folders[from], name), join(this.#folders[to], name));
  }

  async #write(folder: string, name: string, text: string): Promise<void> {
    await this.#makeFolder(folder);
    const temporary = join(folder, `.${randomUUID()}.tmp`);
    try {
      await using file = await open(temporary, "wx", 0o600);
      await file.writeFile(text);
      await file.sync();
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await rename(temporary, join(folder, name));
    await syncFolder(folder);
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (first !== undefined)
      for (const made of foldersFrom(first, folder)) await syncFolder(join(made, ".."));
    this.#made.add(folder);
  }
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

async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
