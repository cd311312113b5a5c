import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The test files that take longest, most of it waiting, the longest first. Vitest learns that itself,
 * but has forgotten it in a fresh clone, where one of them would be left for the end.
 */
const LONGEST = [
	'engine/shippedLimit',
	'engine/submitMatrix',
	'engine/randomFaults',
	'engine/ambiguousSubmit',
	'engine/token',
	'engine/plans',
	'engine/uploadTime',
	'engine/badInput',
];

function rank({ moduleId }: TestSpecification): number {
	const index = LONGEST.findIndex((name) => moduleId.includes(`/test/${name}`));
	return index < 0 ? LONGEST.length : index;
}

/** Vitest's own order, but for the longest files. */
export class LongestFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
	}
}
