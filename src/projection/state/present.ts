type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The fields that are there: an item of the state has no undefined ones, as JSON has none. */
export function present<T extends object>(fields: T): Present<T> {
  const kept: { [name: string]: unknown } = {};
  for (const name in fields) if (fields[name] !== undefined) kept[name] = fields[name];
  return kept as Present<T>;
}

/** A text that stands on the line; one that lies in a blob is not in the state. */
export function inline(text: string | object | undefined): string | undefined {
  return typeof text === "string" ? text : undefined;
}

/** JSON keeps no sign of a zero. */
export function plain(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value + 0;
}
