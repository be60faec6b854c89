import { EvidenceError } from "../errors.ts";
import { originFamily } from "./checkpoint.ts";
import { invalid } from "./invalid.ts";
import { parseVerifierKey, type VerifierKey } from "./note-key.ts";
import { checkSignatures, type Seal } from "./seal.ts";

/** A log or a witness that a policy trusts. */
export interface TrustedKey {
  readonly key: VerifierKey;
  readonly url?: string;
}

/** Of these members, witnesses or groups, so many must have cosigned. */
interface Group {
  readonly threshold: number;
  readonly members: readonly string[];
}

/** Up to which size a key is still believed that was revoked. */
export interface Revocation {
  readonly name: string;
  readonly keyId: string;
  readonly last_trusted_size: number;
}

/** A C2SP tlog-policy: whose seals count, and how many witnesses must have seen them. */
export interface Policy {
  readonly logs: readonly TrustedKey[];
  readonly witnesses: ReadonlyMap<string, TrustedKey>;
  readonly groups: ReadonlyMap<string, Group>;
  /** A witness, a group, or `none`. */
  readonly quorum: string;
  readonly revoked: readonly Revocation[];
}

/** What a policy says of a seal. */
export interface PolicyFinding {
  /** The key of a trusted log whose signature holds. */
  readonly log?: VerifierKey;
  /** Names of witnesses whose cosignatures hold, as the policy names them, and when they saw it. */
  readonly witnesses: readonly { readonly name: string; readonly time: number }[];
  /** Why the seal does not count; none when it does. */
  readonly problems: readonly string[];
}

const NONE = "none";
const REVOKED = /^#\s*eso-revoked\s+(\S+)\+([0-9a-f]{8})\s+(0|[1-9]\d{0,15})$/;
const NUMBER = /^[1-9]\d{0,5}$/;
// oxlint-disable-next-line no-control-regex -- a policy holds none
const NOT_ALLOWED = /[\u0000-\u0008\u000b-\u001f\u007f]/;
/** Log keys sign the plain way or cosign; a witness always cosigns. */
const COSIGN = new Set(["cosignature/v1", "ml-dsa-44"]);

interface Draft {
  readonly logs: TrustedKey[];
  readonly witnesses: Map<string, TrustedKey>;
  readonly groups: Map<string, Group>;
  /** Names that are members of some group already. */
  readonly placed: Set<string>;
  readonly revoked: Revocation[];
  quorum: string | undefined;
}

/**
 * Reads a policy file (c2sp.org/tlog-policy). One addition, in comments that other readers pass over:
 * `# eso-revoked <name>+<key id> <last trusted size>` refuses later seals of that key.
 * @throws EvidenceError naming the line.
 *
 * @example
 * ```ts
 * const policy = parsePolicy(`log ${vkey}\nwitness w1 ${witnessVkey}\nquorum w1\n`);
 * ```
 */
export function parsePolicy(source: string | Uint8Array): Policy {
  // Octets are opaque: names are compared byte by byte, and only a key's own name is text.
  const text = Buffer.from(source).toString("latin1");
  const draft: Draft = {
    logs: [],
    witnesses: new Map(),
    groups: new Map(),
    placed: new Set(),
    revoked: [],
    quorum: undefined,
  };
  for (const [at, line] of text.split("\n").entries()) {
    try {
      if (NOT_ALLOWED.test(line)) throw invalid("policy", "it holds a control character");
      takeLine(draft, line.replaceAll(/^[ \t]+|[ \t]+$/g, ""));
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      throw invalid("policy", error.message, at + 1);
    }
  }
  const { quorum } = draft;
  if (quorum === undefined) throw invalid("policy", "it has no quorum line");
  return { ...draft, quorum };
}

function takeLine(draft: Draft, line: string): void {
  if (line === "") return;
  if (line.startsWith("#")) {
    const [, name, keyId, size] = REVOKED.exec(line) ?? [];
    if (name !== undefined && keyId !== undefined)
      draft.revoked.push({ name, keyId, last_trusted_size: Number(size) });
    return;
  }
  const [word = "", ...rest] = line.split(/[ \t]+/);
  if (word === "log") takeLog(draft, rest);
  else if (word === "witness") takeWitness(draft, rest);
  else if (word === "group") takeGroup(draft, rest);
  else if (word === "quorum") takeQuorum(draft, rest);
  else throw invalid("policy", `${JSON.stringify(word)} is neither log, witness, group nor quorum`);
}

function takeLog(draft: Draft, [vkey = "", url, ...more]: readonly string[]): void {
  if (more.length > 0) throw invalid("policy", "a log line is log <vkey> [<url>]");
  draft.logs.push(newTrusted(draft.logs, vkey, url));
}

function takeWitness(draft: Draft, [name = "", vkey = "", url, ...more]: readonly string[]): void {
  if (more.length > 0) throw invalid("policy", "a witness line is witness <name> <vkey> [<url>]");
  checkNew(draft, name);
  const trusted = newTrusted([...draft.witnesses.values()], vkey, url);
  if (!COSIGN.has(trusted.key.kind)) throw invalid("policy", "a witness's key must be one that cosigns");
  draft.witnesses.set(name, trusted);
}

function newTrusted(others: readonly TrustedKey[], vkey: string, url: string | undefined): TrustedKey {
  const key = parseVerifierKey(Buffer.from(vkey, "latin1").toString());
  if (others.some((other) => other.key.publicKey.equals(key.publicKey)))
    throw invalid("policy", "the same public key stands there twice");
  return { key, ...(url === undefined ? {} : { url }) };
}

function takeGroup(draft: Draft, [name = "", many = "", ...members]: readonly string[]): void {
  checkNew(draft, name);
  const threshold =
    many === "all" ? members.length : many === "any" ? 1 : NUMBER.test(many) ? Number(many) : 0;
  if (threshold < 1 || threshold > members.length)
    throw invalid("policy", "a group line is group <name> all|any|<k> <member>…, with 1 <= k <= members");
  for (const member of members) {
    if (!draft.witnesses.has(member) && !draft.groups.has(member))
      throw invalid("policy", `${JSON.stringify(member)} is not defined above`);
    if (draft.placed.has(member)) throw invalid("policy", `${JSON.stringify(member)} is a member twice`);
    draft.placed.add(member);
  }
  draft.groups.set(name, { threshold, members });
}

function checkNew({ witnesses, groups }: Draft, name: string): void {
  if (name === "" || name === NONE || witnesses.has(name) || groups.has(name))
    throw invalid("policy", `${JSON.stringify(name)} cannot be the name of something new`);
}

function takeQuorum(draft: Draft, [name = "", ...more]: readonly string[]): void {
  if (draft.quorum !== undefined) throw invalid("policy", "it has two quorum lines");
  const isKnown = name === NONE || draft.witnesses.has(name) || draft.groups.has(name);
  if (!isKnown || more.length > 0) throw invalid("policy", "the quorum is no witness or group defined above");
  draft.quorum = name;
}

/** Whether a seal counts by the policy: of a trusted log, with the quorum's cosignatures, and no signature false. */
export function checkPolicy(policy: Policy, seal: Seal): PolicyFinding {
  const problems: string[] = [];
  const logs = policy.logs.map(({ key }) => key);
  const keys = [...logs, ...[...policy.witnesses.values()].map(({ key }) => key)];
  const { hold, fail } = checkSignatures(seal, keys);
  for (const { name, keyId } of fail) problems.push(`the signature of ${name}+${keyId} is false`);
  const trusted = hold.map(({ key }) => key).filter((key) => logs.includes(key));
  const named = trusted.filter(({ name }) => originFamily(name) === originFamily(seal.origin));
  const valid = named.filter((key) => !isRevoked(policy, seal, key));
  if (named.length < trusted.length)
    problems.push(`a trusted key of another log has signed as ${seal.origin}`);
  for (const key of named) {
    if (!valid.includes(key)) problems.push(`the key ${key.name}+${key.keyId} was revoked before this seal`);
  }
  if (trusted.length === 0 && logs.length > 0) problems.push("no log that the policy trusts has signed it");
  const witnesses = [...policy.witnesses].flatMap(([name, { key }]) => {
    const time = hold.find((one) => one.key === key)?.time;
    return time === undefined ? [] : [{ name, time }];
  });
  const seen = new Set(witnesses.map(({ name }) => name));
  if (!isMet(policy, policy.quorum, seen)) problems.push(`the quorum ${policy.quorum} has not cosigned it`);
  const [log] = valid;
  return { ...(log === undefined ? {} : { log }), witnesses, problems };
}

function isRevoked({ revoked }: Policy, { size }: Seal, { name, keyId }: VerifierKey): boolean {
  return revoked.some((one) => one.name === name && one.keyId === keyId && size > one.last_trusted_size);
}

function isMet(policy: Policy, name: string, seen: ReadonlySet<string>): boolean {
  if (name === NONE || seen.has(name)) return true;
  const group = policy.groups.get(name);
  if (group === undefined) return false;
  return group.members.filter((member) => isMet(policy, member, seen)).length >= group.threshold;
}
