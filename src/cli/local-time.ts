const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const MINUTE_MS = 60_000;

/** Times for people, in local time or UTC. Without `Intl`, which costs milliseconds to load. */
export class TimeStyle {
  readonly #utc: boolean;

  constructor(utc: boolean) {
    this.#utc = utc;
  }

  /** `14:00:02`. */
  clock(ms: number): string {
    return this.#shifted(ms).toISOString().slice(11, 19);
  }

  /** `2026-11-24 14:00:02`. */
  dateAndClock(ms: number): string {
    return this.#shifted(ms).toISOString().slice(0, 19).replace("T", " ");
  }

  /** `Tue 24 Nov 2026`. */
  day(ms: number): string {
    const date = this.#shifted(ms);
    return `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  }

  /** `UTC+01:00`, the zone that times at this moment are shown in. */
  zone(ms: number): string {
    const minutes = this.#offset(ms) / MINUTE_MS;
    if (minutes === 0) return "UTC";
    const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
    const digits = [hours, rest].map((part) => String(part).padStart(2, "0")).join(":");
    return `UTC${minutes < 0 ? "-" : "+"}${digits}`;
  }

  #shifted(ms: number): Date {
    return new Date(ms + this.#offset(ms));
  }

  #offset(ms: number): number {
    return this.#utc ? 0 : -new Date(ms).getTimezoneOffset() * MINUTE_MS;
  }
}
