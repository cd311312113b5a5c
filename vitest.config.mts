import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		projects: [
			{ test: { name: 'unit', include: ['test/unit/**/*.test.mts', 'sandbox/**/*.test.mts'] } },
			{ test: { name: 'engine', include: ['test/engine/**/*.test.mts'], testTimeout: 60_000 } },
		],
	},
});
