import { createRequire } from 'node:module';

import { defineConfig } from 'vitest/config';

const require = createRequire(import.meta.url);

export default defineConfig({
	test: {
		projects: [
			{
				// The build that n8n loads; Vite would take the other one and complain of its source maps.
				resolve: { alias: { 'n8n-workflow': require.resolve('n8n-workflow') } },
				test: {
					name: 'unit',
					include: ['test/unit/**/*.test.mts', 'sandbox/**/*.test.mts'],
					// Holds what sandboxes send and get against docs/openapi.yaml.
					setupFiles: ['sandbox/testing/wire/setup.mts'],
					// Some send thousands of requests to a sandbox; a busy machine takes its time for it.
					testTimeout: 60_000,
					hookTimeout: 60_000,
				},
			},
			{
				// The commands for a first contact with the real service; they use the compiled nodes.
				test: {
					name: 'commands',
					include: ['test/commands/**/*.test.mts'],
					testTimeout: 60_000,
					hookTimeout: 60_000,
				},
			},
			{
				test: {
					name: 'engine',
					include: ['test/engine/**/*.test.mts'],
					testTimeout: 240_000,
					hookTimeout: 60_000,
					// Most of the time they wait.
					maxConcurrency: 40,
				},
			},
			{
				test: {
					name: 'package',
					include: ['test/package/**/*.test.mts'],
					testTimeout: 120_000,
					hookTimeout: 120_000,
					// In "test" the vendor's lint rules judge otherwise than in its scan.
					env: { NODE_ENV: 'production' },
				},
			},
			{
				test: {
					name: 'n8n',
					include: ['test/n8n/**/*.test.mts'],
					globalSetup: 'test/n8n/setup.mts',
					// They share one n8n, whose memory some of them measure.
					fileParallelism: false,
					testTimeout: 300_000,
					hookTimeout: 300_000,
				},
			},
			{
				// The engine tests, and a few in the real n8n, on the n8n that N8N_UNDER_TEST names.
				test: {
					name: 'compat',
					include: ['test/compat/**/*.test.mts', 'test/engine/**/*.test.mts'],
					globalSetup: ['test/compat/setup.mts', 'test/n8n/setup.mts'],
					testTimeout: 240_000,
					hookTimeout: 300_000,
					maxConcurrency: 40,
				},
			},
			{
				test: {
					name: 'browser',
					include: ['test/browser/**/*.test.mts'],
					globalSetup: 'test/n8n/setup.mts',
					fileParallelism: false,
					testTimeout: 120_000,
					hookTimeout: 120_000,
				},
			},
		],
	},
});
