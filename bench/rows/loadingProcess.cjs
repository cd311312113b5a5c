/**
 * Loads the files it's given the names of and prints what that took, as JSON. CommonJS, as n8n's
 * nodes are; for `loading.mts`, with `--expose-gc`.
 */
require(require.resolve('n8n-workflow', { paths: [process.env.NODE_PATH] }));

const inUse = () => {
	globalThis.gc();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
};

const before = inUse();
const started = performance.now();
for (const file of process.argv.slice(2)) require(file);
const ms = performance.now() - started;
console.log(JSON.stringify({ ms, bytes: inUse() - before }));
