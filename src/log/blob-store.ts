/** Keeps attachments by their digest. */
export interface BlobStore {
  /** Keeps the bytes under this name; durable on return, and nothing to do when they are there. */
  put(sha256: string, bytes: Uint8Array): void;
  get(sha256: string): Uint8Array | undefined;
}
