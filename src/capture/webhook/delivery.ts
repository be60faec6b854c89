/** Where deliveries come from. */
export const PROVIDERS = ["github", "gitlab", "jira", "confluence"] as const;

export type Provider = (typeof PROVIDERS)[number];

/** A webhook's call as it was received. */
export interface Delivery {
  readonly provider: Provider;
  /** The kind of event that the sender names in a header. */
  readonly event?: string;
  /** The sender's id of the delivery; not covered by its signature. */
  readonly delivery_id?: string;
  /** ISO 8601 UTC. */
  readonly received_at: string;
  /** The body, byte for byte. */
  readonly body: Uint8Array;
}

/** The text that a delivery is kept as. */
export function encodeDelivery({ body, ...rest }: Delivery): string {
  const bytes = Buffer.from(body);
  const text = bytes.toString("utf8");
  const kept = bytes.equals(Buffer.from(text)) ? { body: text } : { body_base64: bytes.toString("base64") };
  return `${JSON.stringify({ ...rest, ...kept })}\n`;
}

/** The delivery that a text was kept of, or undefined when it is none. */
export function decodeDelivery(text: string): Delivery | undefined {
  const { provider, event, delivery_id, received_at, body, body_base64 } = parsed(text);
  const known = PROVIDERS.find((name) => name === provider);
  if (known === undefined || typeof received_at !== "string") return undefined;
  const bytes =
    typeof body === "string"
      ? Buffer.from(body)
      : Buffer.from(typeof body_base64 === "string" ? body_base64 : "", "base64");
  return {
    provider: known,
    ...(typeof event === "string" && { event }),
    ...(typeof delivery_id === "string" && { delivery_id }),
    received_at,
    body: bytes,
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
