import { basename } from 'node:path';

import type { CpuProfile } from './inspector.mts';

/** A function, and the share of the busy time that it was itself on top of the stack. */
export interface HotSpot {
	share: number;
	name: string;
	/** Package, or file of Node.js, that it belongs to. */
	place: string;
}

/** A package, and the share of the busy time that it and what it called of Node.js and V8 took. */
export interface PackageShare {
	share: number;
	name: string;
}

export interface ProfileSummary {
	/** Milliseconds on the main thread. */
	busyMs: number;
	idleMs: number;
	/** The largest first. */
	hotSpots: HotSpot[];
	packages: PackageShare[];
}

const IDLE = new Set(['(idle)', '(root)']);
const NO_PACKAGE = 'Node.js and V8 themselves';

/** Where a process spent its time: the functions and the packages with the largest shares. */
export function summarize(profile: CpuProfile, most: number): ProfileSummary {
	const { nodes, samples, timeDeltas } = profile;
	const selfTime = new Map<number, number>();
	for (const [index, node] of samples.entries()) {
		selfTime.set(node, (selfTime.get(node) ?? 0) + timeDeltas[index]! / 1_000);
	}
	const packageOf = packagesOf(profile);
	const byFunction = new Map<string, { ms: number; name: string; place: string }>();
	const byPackage = new Map<string, number>();
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
		const spot = byFunction.get(key) ?? { ms: 0, name, place };
		spot.ms += ms;
		byFunction.set(key, spot);
		const owner =
			name === GARBAGE_COLLECTOR ? GARBAGE_COLLECTOR : (packageOf.get(id) ?? NO_PACKAGE);
		byPackage.set(owner, (byPackage.get(owner) ?? 0) + ms);
	}
	const largest = <T extends { ms: number }>(entries: Iterable<T>) =>
		[...entries].sort((a, b) => b.ms - a.ms).slice(0, most);
	return {
		busyMs,
		idleMs,
		hotSpots: largest(byFunction.values()).map(({ ms, name, place }) => ({
			share: ms / busyMs,
			name,
			place,
		})),
		packages: largest([...byPackage].map(([name, ms]) => ({ name, ms }))).map(({ ms, name }) => ({
			share: ms / busyMs,
			name,
		})),
	};
}

const GARBAGE_COLLECTOR = '(garbage collector)';

/** The package of each node of the tree, which is its caller's where it's a part of Node.js or V8. */
function packagesOf({ nodes }: CpuProfile): Map<number, string | undefined> {
	const packages = new Map<number, string | undefined>();
	const byId = new Map(nodes.map((node) => [node.id, node]));
	const called = new Set(nodes.flatMap(({ children = [] }) => children));
	const left = nodes.filter(({ id }) => !called.has(id)).map(({ id }) => id);
	for (let id = left.pop(); id !== undefined; id = left.pop()) {
		const { callFrame, children = [] } = byId.get(id)!;
		const own = packageName(callFrame.url) ?? packages.get(id);
		packages.set(id, own);
		for (const child of children) {
			packages.set(child, own);
			left.push(child);
		}
	}
	return packages;
}

const packageName = (url: string): string | undefined =>
	/.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];

/** `node_modules/axios/lib/a.js` → `axios/a.js`; V8's own have no URL. */
function placeOf(url: string): string {
	if (url === '') return 'V8';
	if (url.startsWith('node:')) return url;
	const name = packageName(url);
	return name ? `${name}/${basename(url)}` : basename(url);
}
