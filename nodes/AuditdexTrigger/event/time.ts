/**
 * A date and time as ISO 8601 and RFC 3339 have it, in the spellings that common languages print:
 * with `t`, `T` or a blank between date and time, without separators, without seconds (Java), with a
 * point or comma before the fraction, and with `Z`, `UTC`, `+02:00`, `+0200` or `+02` at the end, also
 * after a blank (Ruby, PostgreSQL), or followed by the zone's name (`[Europe/Berlin]` in Java, `CEST`
 * in Go).
 */
const DATE_TIME =
	/^(\d{4})-?(\d{2})-?(\d{2})[Tt ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,18}))?)?(?: ?(?:([Zz]|UTC|GMT)|([+\u2212-])(\d{2})(?::?(\d{2}))?))?(?:\[[\w/+-]{1,64}\]| [A-Z]{3,5})?$/;

const LEAP_SECOND = 60;

/**
 * Reads an event's time; one without an offset is taken as UTC.
 *
 * @returns epoch seconds, NaN for what is no date and time
 */
export function epochSecondsOf(text: string): number {
	const parts = DATE_TIME.exec(text);
	if (parts === null) return Number.NaN;
	const [, year, month, day, hours, minutes, second = '00', fraction = '0', , sign] = parts;
	const [offsetHours = '00', offsetMinutes = '00'] = parts.slice(10);
	const offset =
		sign === undefined ? 'Z' : `${sign === '+' ? '+' : '-'}${offsetHours}:${offsetMinutes}`;
	// Date knows no leap seconds: it's one second after the one before.
	const leap = Number(second) === LEAP_SECOND ? 1 : 0;
	const whole = leap === 1 ? '59' : second;
	const milliseconds = fraction.slice(0, 3);
	const time = `${year}-${month}-${day}T${hours}:${minutes}:${whole}.${milliseconds}${offset}`;
	return Date.parse(time) / 1000 + leap;
}
