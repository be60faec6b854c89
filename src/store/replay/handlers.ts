import type { StoredEvent } from "../../event/envelope.ts";
import type { GuardedHandler, ReplayContext, ReplayHandler, ReplayHandlers } from "./replay-options.ts";

/** Who handles a type; undefined when nobody does. */
export type HandlerOf = (eventType: string) => GuardedHandler<StoredEvent> | undefined;

/** Looks handlers up; without any, none is found. */
export function handlerLookup(handlers: ReplayHandlers | undefined): HandlerOf {
  if (handlers === undefined) return () => undefined;
  if (typeof handlers === "function" || isGuarded(handlers)) {
    const one = guarded(handlers);
    return () => one;
  }
  const byType = new Map(Object.entries(handlers as Record<string, ReplayHandler<StoredEvent>>));
  return (eventType) => {
    const handler = byType.get(eventType) ?? byType.get("*");
    return handler === undefined ? undefined : guarded(handler);
  };
}

/** Whether this can handle events: a function, or an object with a function `run`. */
export function isHandler(value: unknown): boolean {
  return typeof value === "function" || isGuarded(value);
}

function isGuarded(value: unknown): value is GuardedHandler<never> {
  return typeof value === "object" && value !== null && "run" in value && typeof value.run === "function";
}

function guarded(handler: ReplayHandler<StoredEvent>): GuardedHandler<StoredEvent> {
  if (typeof handler !== "function") return handler;
  return { run: (event: StoredEvent, context: ReplayContext): unknown => handler(event, context) };
}

/** Whether any of these has a precondition. */
export function hasConditions(handlers: ReplayHandlers | undefined): boolean {
  if (handlers === undefined || typeof handlers === "function") return false;
  const all: readonly unknown[] = isGuarded(handlers) ? [handlers] : Object.values(handlers);
  return all.some((one) => isGuarded(one) && one.precondition !== undefined);
}
