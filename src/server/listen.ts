import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers one request. */
export type Answer = (request: Request) => Promise<Response>;

export interface ListenOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly onError: (error: unknown) => void;
}

/** A server that takes requests. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
  /** Takes no more requests, and waits for those under way. */
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 256;
/** A sender that needs longer to send is not a webhook. */
const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 30_000;
const FINISH_MS_MAX = 3_000;
const PASSED_OVER_BYTES_MAX = 33_554_432;

/**
 * Serves an answerer over HTTP/1.1.
 * @throws what the system says when the address cannot be had, such as `EADDRINUSE`.
 */
export async function listen(answer: Answer, { host, port, onError }: ListenOptions): Promise<Listening> {
  const server = createServer(
    { headersTimeout: HEADERS_MS_MAX, requestTimeout: REQUEST_MS_MAX, maxHeaderSize: 16_384 },
    (request, response) => {
      serve(answer, request, response).catch((error: unknown) => {
        onError(error);
        response.destroy();
      });
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.listen({ host, port });
  await once(server, "listening");
  const close = () => closed(server);
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close };
}

async function serve(answer: Answer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const request = requestOf(incoming);
  const response = request === undefined ? new Response(undefined, { status: 400 }) : await answer(request);
  const body = Buffer.from(await response.arrayBuffer());
  if (!incoming.complete) {
    outgoing.setHeader("connection", "close");
    // A sender that is cut off while it sends would not see the answer.
    await passOver(incoming);
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(body);
}

/** Reads on without keeping anything, within bounds; the server's own limit of time holds, too. */
async function passOver(incoming: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of chunksOf(incoming)) {
      bytes += chunk.length;
      if (bytes > PASSED_OVER_BYTES_MAX) return;
    }
  } catch {
    // The sender went away, and needs no answer.
  }
}

/** What is left unread stays readable. */
function chunksOf(incoming: IncomingMessage): AsyncIterable<Uint8Array> {
  return incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

/** The request in the web's form, or undefined where the two disagree on what one is. */
function requestOf(incoming: IncomingMessage): Request | undefined {
  const { method = "GET", url = "/", headers, rawHeaders } = incoming;
  const address = URL.parse(url.startsWith("/") ? `http://${headers.host ?? ""}${url}` : url);
  if (address === null || headers.host === undefined) return undefined;
  const pairs = rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""]] : [],
  );
  try {
    const hasBody = method !== "GET" && method !== "HEAD";
    const body = hasBody ? { body: ReadableStream.from(chunksOf(incoming)), duplex: "half" as const } : {};
    return new Request(address, { method, headers: pairs, ...body });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

async function closed(server: Server): Promise<void> {
  if (!server.listening) return;
  const done = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), FINISH_MS_MAX);
  await done;
  clearTimeout(timer);
}
