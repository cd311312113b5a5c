import { sleep } from 'n8n-workflow';

/** How long what was read counts as recent, from the moment when its reading began. */
export const RECENT_MS = 1_000;
/** A reading that takes longer is given up, so that it holds up nobody. */
export const LONGEST_READING_MS = 4_000;

export interface Reading<T> {
	value: T;
	/** Whether its reading began after it was asked for, so that it can't be outdated. */
	isNew: boolean;
}

interface Readings<T> {
	/** The last one that began, for as long as it is recent. */
	recent?: Promise<T>;
	/** The last one that began, until it is over; never rejects. */
	current: Promise<unknown>;
	/** Begins when the current one is over. */
	next?: Promise<T>;
}

/**
 * Reads something for many who ask, no more often than needed: n8n takes several milliseconds of work
 * to decrypt a credential. Nothing read is kept for longer than a second, and what failed not at all.
 */
export class RecentReadings<T> {
	readonly #readings = new Map<string, Readings<T>>();

	/** Of how many keys anything is kept. */
	get size(): number {
		return this.#readings.size;
	}

	/**
	 * What a reading returns that began less than a second ago.
	 *
	 * @param key what is read
	 * @throws what `read` throws; Error where it takes longer than four seconds
	 */
	async recent(key: string, read: () => Promise<T>): Promise<Reading<T>> {
		const recent = this.#readings.get(key)?.recent;
		if (recent !== undefined) return { value: await recent, isNew: false };
		return { value: await this.#start(key, read), isNew: true };
	}

	/**
	 * What a reading returns that begins after this call. Those who ask meanwhile share the next one,
	 * so that strangers have no more than one under way.
	 *
	 * @throws as above
	 */
	async anew(key: string, read: () => Promise<T>): Promise<Reading<T>> {
		const readings = this.#of(key);
		readings.next ??= this.#startNext(key, readings, read);
		return { value: await readings.next, isNew: true };
	}

	async #startNext(key: string, readings: Readings<T>, read: () => Promise<T>): Promise<T> {
		await readings.current;
		readings.next = undefined;
		return await this.#start(key, read);
	}

	async #start(key: string, read: () => Promise<T>): Promise<T> {
		const readings = this.#of(key);
		const reading = withinLimit(read());
		readings.recent = reading;
		readings.current = Promise.allSettled([reading]);
		void this.#forgetInTime(key, readings, reading);
		reading.catch(() => forget(readings, reading));
		return await reading;
	}

	async #forgetInTime(key: string, readings: Readings<T>, reading: Promise<T>): Promise<void> {
		await sleep(RECENT_MS);
		forget(readings, reading);
		await readings.current;
		if (readings.recent === undefined && readings.next === undefined) this.#readings.delete(key);
	}

	#of(key: string): Readings<T> {
		const readings = this.#readings.get(key) ?? { current: Promise.resolve() };
		this.#readings.set(key, readings);
		return readings;
	}
}

function forget<T>(readings: Readings<T>, reading: Promise<T>): void {
	if (readings.recent === reading) readings.recent = undefined;
}

async function withinLimit<T>(work: Promise<T>): Promise<T> {
	const timeLimit = sleep(LONGEST_READING_MS).then(async () => {
		throw new Error(`it took longer than ${LONGEST_READING_MS / 1_000} seconds to read`);
	});
	return await Promise.race([work, timeLimit]);
}
