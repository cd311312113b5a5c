import type { Repetitions } from './alternate.mts';

/** How much is measured: all of it, or just enough to see that everything works. */
export interface Scale {
	quick: boolean;
	/** Bytes. */
	largestFile: number;
	/** Of a row that asks for so many. */
	repetitions(pairs: number, warmUps?: number): Repetitions;
	/** Of a row that has so many items, requests or rounds. */
	count(full: number): number;
}

export const FULL: Scale = {
	quick: false,
	largestFile: Infinity,
	repetitions: (pairs, warmUps = 1) => ({ pairs, warmUps }),
	count: (full) => full,
};

const QUICK_PAIRS = 2;
const QUICK_SHARE = 10;
const QUICK_LARGEST_FILE = 64 * 1024 ** 2;

/** A smoke run: its figures mean nothing. */
export const QUICK: Scale = {
	quick: true,
	largestFile: QUICK_LARGEST_FILE,
	repetitions: () => ({ pairs: QUICK_PAIRS, warmUps: 1 }),
	count: (full) => Math.ceil(full / QUICK_SHARE),
};
