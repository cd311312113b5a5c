/**
 * Calls `work` for each index below `count`, `limit` at a time, and returns the results in order.
 * After a rejection no more are started; those under way are waited for, then the rejection of the
 * lowest index is thrown.
 */
export async function inParallel<T>(
	count: number,
	limit: number,
	work: (index: number) => Promise<T>,
): Promise<T[]> {
	const results: T[] = [];
	const rejections = new Map<number, unknown>();
	let next = 0;
	const worker = async () => {
		while (next < count && rejections.size === 0) {
			const index = next++;
			await work(index).then(
				(result) => (results[index] = result),
				(reason) => rejections.set(index, reason),
			);
		}
	};
	await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
	if (rejections.size > 0) throw rejections.get(Math.min(...rejections.keys()));
	return results;
}
