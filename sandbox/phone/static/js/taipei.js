// Sandbox times as people in Taipei read them.

const PARTS = new Intl.DateTimeFormat("en-CA", {
  timeZone: "Asia/Taipei", hourCycle: "h23",
  year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const WEEKDAYS = "日一二三四五六";
const DAY_MS = 86_400_000;

/** "2026-11-23" of an instant (Date or ISO text). */
export function dayOf(at) {
  const { year, month, day } = parts(at);
  return `${year}-${month}-${day}`;
}

/** "07:41". */
export function minuteOf(at) {
  const { hour, minute } = parts(at);
  return `${hour}:${minute}`;
}

/** "07:41:08", only for the sandbox's own panels. */
export function secondOf(at) {
  return `${minuteOf(at)}:${parts(at).second}`;
}

/** The instant of a Taipei day ("2026-11-23") and time ("08:31"), as ISO text. */
export function instant(day, time) {
  const seconds = time.length === 5 ? `${time}:00` : time;
  return `${day}T${seconds}+08:00`;
}

/** The day some days later. */
export function dayAfter(day, days = 1) {
  return dayOf(new Date(Date.parse(instant(day, "12:00")) + days * DAY_MS));
}

/** 0 (Sunday) to 6 of a Taipei day. */
export function weekdayOf(day) {
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}

/** 今天, 昨天 or 11/20（五）. */
export function dayName(day, today) {
  if (day === today) return "今天";
  if (day === dayAfter(today, -1)) return "昨天";
  const [, month, date] = day.split("-").map(Number);
  return `${month}/${date}（${WEEKDAYS[weekdayOf(day)]}）`;
}

function parts(at) {
  const list = PARTS.formatToParts(at instanceof Date ? at : new Date(at));
  return Object.fromEntries(list.map(({ type, value }) => [type, value]));
}
