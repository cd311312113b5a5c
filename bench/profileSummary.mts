import { basename } from 'node:path';

import type { CpuProfile } from './inspector.mts';

/** A function, and the share of the busy time that it was itself on top of the stack. */
export interface HotSpot {
	share: number;
	name: string;
	/** Package, or file of Node.js, that it belongs to. */
	place: string;
}

export interface ProfileSummary {
	/** Milliseconds on the main thread. */
	busyMs: number;
	idleMs: number;
	/** The largest first. */
	hotSpots: HotSpot[];
}

const IDLE = new Set(['(idle)', '(root)']);

/** Where a process spent its time, by function. */
export function summarize(
	{ nodes, samples, timeDeltas }: CpuProfile,
	most: number,
): ProfileSummary {
	const selfTime = new Map<number, number>();
	for (const [index, node] of samples.entries()) {
		selfTime.set(node, (selfTime.get(node) ?? 0) + timeDeltas[index]! / 1_000);
	}
	const byFunction = new Map<string, HotSpot & { ms: number }>();
	let busyMs = 0;
	let idleMs = 0;
	for (const { id, callFrame } of nodes) {
		const ms = selfTime.get(id) ?? 0;
		const name = callFrame.functionName || '(anonymous)';
		if (IDLE.has(name)) {
			idleMs += ms;
			continue;
		}
		busyMs += ms;
		const place = placeOf(callFrame.url);
		const key = `${name} ${place}`;
		const spot = byFunction.get(key) ?? { share: 0, name, place, ms: 0 };
		spot.ms += ms;
		byFunction.set(key, spot);
	}
	const hotSpots = [...byFunction.values()]
		.sort((a, b) => b.ms - a.ms)
		.slice(0, most)
		.map(({ ms, name, place }) => ({ share: ms / busyMs, name, place }));
	return { busyMs, idleMs, hotSpots };
}

/** `node_modules/.pnpm/x/node_modules/axios/lib/a.js` → `axios/a.js`; V8's own have no URL. */
function placeOf(url: string): string {
	if (url === '') return 'V8';
	if (url.startsWith('node:')) return url;
	const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
	return name ? `${name}/${basename(url)}` : basename(url);
}
