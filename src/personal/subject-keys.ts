/** A person's key, and the pseudonym that stands in the log for the person. */
export interface SubjectKey {
  /** 16 hex digits, from the name and a secret of the store: without it nobody can try names. */
  readonly pseudonym: string;
  readonly key: Buffer;
}

/**
 * Keys of the people that events are about, kept outside of the log: losing one makes what was encrypted with it
 * unreadable for ever, everywhere, which is what it is for.
 */
export interface SubjectKeys {
  /** The pseudonym of a person, whether or not there is a key. */
  pseudonymOf(subject: string): string;
  /** The key of a person; made when there is none, unless the person was forgotten. */
  obtain(subject: string): SubjectKey;
  /** The key behind a pseudonym; undefined when it was destroyed, or never was here. */
  find(pseudonym: string): Buffer | undefined;
  /** Destroys a key. False when there is none. */
  destroy(pseudonym: string): boolean;
}
