// Times in the zone of the desks, which need not be the browser's.

const formats = new Map();

function partsOf(ms, zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    }));
  }
  const parts = formats.get(zone).formatToParts(new Date(ms));
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

/** The zone, or that of the browser where it knows no such zone. */
export function knownZone(zone) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone;
  } catch {
    return Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
}

/** `09:05` in the zone; with seconds `09:05:07`. */
export function clockTime(ms, zone, withSeconds = false) {
  const { hour, minute, second } = partsOf(ms, zone);
  return withSeconds ? `${hour}:${minute}:${second}` : `${hour}:${minute}`;
}

/** `2026-11-26` in the zone. */
export function day(ms, zone) {
  const { year, month, day: date } = partsOf(ms, zone);
  return `${year}-${month}-${date}`;
}

/** `202611260905` in the zone. */
export function stamp(ms, zone) {
  const { year, month, day: date, hour, minute } = partsOf(ms, zone);
  return `${year}${month}${date}${hour}${minute}`;
}

/** A local time, `2026-11-26T09:05`, of the zone in milliseconds since 1970; NaN where it is none.
 * Of an hour that the clocks ran through twice the first is meant; one that they skipped is moved
 * forward. */
export function momentOf(local, zone) {
  const wanted = Date.parse(`${local}Z`);
  if (Number.isNaN(wanted)) return Number.NaN;
  const ahead = (ms) => {
    const { year, month, day: date, hour, minute, second } = partsOf(ms, zone);
    return Date.UTC(year, month - 1, date, hour, minute, second) - Math.floor(ms / 1000) * 1000;
  };
  const before = ahead(wanted - 86_400_000);
  const after = ahead(wanted + 86_400_000);
  const found = [wanted - before, wanted - after].filter((ms) => ms + ahead(ms) === wanted);
  return found.length ? Math.min(...found) : wanted - before;
}

/** A day in the words of the language. */
export function dayInWords(date, language) {
  const format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });
  return format.format(new Date(`${date}T12:00:00Z`));
}
