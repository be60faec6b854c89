/** How much a name says about its value. */
export interface NameVerdict {
  /** The rule that counts what is cut out because of the name. */
  readonly rule: string;
  /** `password`: any text may be one. `secret`: long and random in texts. `hint`: very long and random anywhere.
   * `query`: like `hint`, and only in a URL's query, since other signatures may be shown. */
  readonly kind: "password" | "secret" | "hint" | "query";
}

const verdict = (rule: string, kind: NameVerdict["kind"]): NameVerdict => ({ rule, kind });

const LAST_WORDS: ReadonlyMap<string, NameVerdict> = new Map([
  ...each(
    "password passwd passwords pwd passphrase passcode passwort userpassword dbpassword kennwort",
    "password",
    "password",
  ),
  ...each("secret secrets clientsecret appsecret sharedsecret secretvalue", "secret", "secret"),
  ...each(
    "token accesstoken refreshtoken authtoken idtoken bearertoken apitoken sessiontoken jwt",
    "token",
    "secret",
  ),
  ...each("authorization", "authorization", "secret"),
  ...each("cookie cookies setcookie", "cookie", "secret"),
  ...each("credential credentials creds", "credentials", "secret"),
  ...each(
    "apikey apikeys apisecret secretkey accesskey secretaccesskey accountkey authkey",
    "api-key",
    "secret",
  ),
  ...each("privatekey privkey", "private-key", "secret"),
  ...each("auth", "token", "hint"),
  ...each("signature sig", "signature", "query"),
]);

/** `key` is a secret only behind one of these. */
const SECRET_KEYS = new Set(
  (
    "api access secret private account auth encryption encrypt decryption signing sign master service role anon admin root " +
    "shared session hmac webhook app application consumer subscription functions function host integration deploy write " +
    "license storage client aes jwt crypto token ingest instrumentation tsig aws azure openai anthropic stripe gemini google"
  ).split(" "),
);
/** `pass` is a password only behind one of these. */
const PASS_OWNERS = new Set(
  "db database smtp mysql postgres pg redis mail email user root admin ftp sftp ssh login auth basic proxy mongo rabbitmq ldap imap http sudo key keystore registry".split(
    " ",
  ),
);
/** Words before `token` that make it one of a text, a page or a price. */
const HARMLESS_TOKENS = new Set(
  (
    "next page continuation continue sync cursor max min stop start end eos bos pad unk mask cls sep special first last prev " +
    "previous current per each input output prompt completion cached total syntax lexer parser keyword operator design " +
    "style color css text string number identifier word expected unexpected invalid illegal unknown single resume scroll public publishable"
  ).split(" "),
);
/** First words of names that say something about a secret, not what it is. */
const ABOUT = new Set(
  "has is no needs need requires require required forgot forgotten use uses using show hide hidden with without missing invalid wrong expired can should num count validate check reset change".split(
    " ",
  ),
);

/** The last letters of all words that make a name secret: most names are told by this alone. */
const LAST_LETTERS = new Set(
  "detsnlyhg0123456789".split("").flatMap((one) => [one.charCodeAt(0), one.toUpperCase().charCodeAt(0)]),
);

/** Names told of before; the same few come again and again. */
const known = new Map<string, NameVerdict | undefined>();
const KNOWN_MAX = 4_096;
const NAME_LENGTH_MAX = 128;

/** What a field's or variable's name says about its value; case, `_`, `-` and camel case do not matter. */
export function nameVerdict(name: string): NameVerdict | undefined {
  if (!LAST_LETTERS.has(name.charCodeAt(name.length - 1))) return undefined;
  const cached = known.get(name);
  if (cached !== undefined || known.has(name)) return cached;
  const found = name.length > NAME_LENGTH_MAX ? undefined : judge(wordsOf(name));
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(name, found);
  return found;
}

/** `AWSSecret_accessKey` as `aws secret access key`. */
export function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

function judge(all: readonly string[]): NameVerdict | undefined {
  // DB_PASSWORD_1 and token2 are numbered
  const words = all.map((word) => word.replace(/\d{1,2}$/, "")).filter((word) => word !== "");
  const last = words.at(-1) ?? "";
  const before = words.at(-2) ?? "";
  if (words.length > 1 && ABOUT.has(words[0] ?? "")) return undefined;
  if (last === "key" || last === "keys") return SECRET_KEYS.has(before) ? keyVerdict(words) : undefined;
  if (last === "pass") return PASS_OWNERS.has(before) ? verdict("password", "password") : undefined;
  if (last === "hash") return before === "password" ? verdict("password", "secret") : undefined;
  if (last === "auth") return hasOwner(words) ? verdict("token", "secret") : LAST_WORDS.get(last);
  if (last === "token" && HARMLESS_TOKENS.has(before)) return undefined;
  if (last === "tokens")
    return before === "access" || before === "refresh" || before === "api"
      ? verdict("token", "secret")
      : undefined;
  return LAST_WORDS.get(last);
}

function keyVerdict(words: readonly string[]): NameVerdict {
  return words.at(-2) === "private" ? verdict("private-key", "secret") : verdict("api-key", "secret");
}

const hasOwner = (words: readonly string[]): boolean =>
  ["basic", "http", "proxy", "registry"].includes(words.at(-2) ?? "");

function each(words: string, rule: string, kind: NameVerdict["kind"]): [string, NameVerdict][] {
  return words.split(" ").map((word) => [word, verdict(rule, kind)]);
}

/** Fields below a secret one (`credentials: {…}`) that say nothing secret. */
const HARMLESS_BELOW = new Set(
  (
    "type name id user username login kind scheme scope scopes provider url uri host hostname port region email expires " +
    "expiry at path file source ref status algorithm alg version description label title created updated domain issuer"
  ).split(" "),
);

/** Whether a field of an object under a secret name may be shown. */
export const isHarmlessBelow = (name: string): boolean => HARMLESS_BELOW.has(wordsOf(name).at(-1) ?? "");
