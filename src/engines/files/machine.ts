import { readFileSync, statfsSync } from "node:fs";
import { uptime } from "node:os";
import { crc32 } from "node:zlib";

import { ConfigError } from "../../errors.ts";

/** Identifies this boot of the machine; the page cache of an earlier one is gone. */
export function bootId(): number {
  try {
    return crc32(readFileSync("/proc/sys/kernel/random/boot_id", "latin1"));
  } catch {
    // Elsewhere the time of boot serves, to the nearest ten minutes; a wrong guess costs a recovery scan.
    return crc32(String(Math.round((Date.now() / 1000 - uptime()) / 600)));
  }
}

/** Magic numbers of statfs(2) for file systems whose locks reach over a network. */
const NETWORK_FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0x517b: "SMB",
  0xfe534d42: "SMB2",
  0xff534d42: "CIFS",
  0x0bd00bd0: "Lustre",
  0x00c36400: "Ceph",
  0x01021997: "9P",
  0x5346414f: "AFS",
  0x73757245: "Coda",
  0x65735546: "FUSE",
};

/** @throws ConfigError when the folder lies on a file system where the store's lock cannot be trusted. */
export function refuseNetworkFileSystem(path: string): void {
  const name = NETWORK_FILE_SYSTEMS[statfsSync(path).type >>> 0];
  if (name === undefined) return;
  throw new ConfigError(
    "ESO_NETWORK_FILE_SYSTEM",
    `${path} lies on ${name}, where the store's lock cannot be trusted: two writers could damage the log`,
    {
      hint: "Put the store on a local disk, or set storage.allow_network_file_system if only this machine writes to it.",
      details: { path },
    },
  );
}
