const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Whether a request may be answered. Pages that a browser shows must not reach a receiver on this machine through a
 * name of their own (DNS rebinding), nor post to it from elsewhere; webhooks carry no `Origin`.
 */
export function mayCall(request: Request, hosts: readonly string[] = LOOPBACK): boolean {
  if (request.headers.has("origin")) return false;
  const name = hostName(request.headers.get("host") ?? new URL(request.url).host);
  return name !== undefined && hosts.some((host) => hostName(host) === name);
}

/** Without the port, in lower case. */
function hostName(host: string): string | undefined {
  const name = /^(\[[0-9a-f:.]+\]|[^:/?#@\s]+)(?::\d{1,5})?$/i.exec(host)?.[1];
  return name?.toLowerCase();
}
