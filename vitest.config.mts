import { createRequire } from 'node:module';

import { configDefaults, defineConfig } from 'vitest/config';

import { LongestFirst } from './test/longestFirst.mts';

const require = createRequire(import.meta.url);

/** More than two cores have: engine tests mostly wait. Vitest's own number would be one on two cores. */
const maxWorkers = 4;

/** They start and stop an n8n of their own: not to be had of one that runs elsewhere (`N8N_URL`). */
const WITH_OWN_N8N = ['test/**/{restart,triggerExactlyOnce,triggerRunLimit}.test.mts'];
const exclude = [...configDefaults.exclude, ...(process.env.N8N_URL ? WITH_OWN_N8N : [])];

/** Of a machine however busy: only what never comes true takes as long. */
const patience = {
	testTimeout: 900_000,
	hookTimeout: 300_000,
	expect: { poll: { timeout: 120_000 } },
};

export default defineConfig({
	test: {
		sequence: { sequencer: LongestFirst },
		projects: [
			{
				// The build that n8n loads; Vite would take the other one and complain of its source maps.
				resolve: { alias: { 'n8n-workflow': require.resolve('n8n-workflow') } },
				test: {
					name: 'unit',
					maxWorkers,
					include: ['test/unit/**/*.test.mts', 'sandbox/**/*.test.mts'],
					// Holds what sandboxes send and get against docs/openapi.yaml.
					setupFiles: ['sandbox/testing/wire/setup.mts'],
					...patience,
				},
			},
			{
				// The commands for a first contact with the real service; they use the compiled nodes.
				test: {
					name: 'commands',
					maxWorkers,
					include: ['test/commands/**/*.test.mts'],
					...patience,
				},
			},
			{
				test: {
					name: 'engine',
					maxWorkers,
					include: ['test/engine/**/*.test.mts'],
					...patience,
					// Most of the time they wait.
					maxConcurrency: 40,
				},
			},
			{
				test: {
					name: 'package',
					maxWorkers,
					include: ['test/package/**/*.test.mts'],
					...patience,
					// In "test" the vendor's lint rules judge otherwise than in its scan.
					env: { NODE_ENV: 'production' },
				},
			},
			{
				test: {
					name: 'n8n',
					include: ['test/n8n/**/*.test.mts'],
					exclude,
					globalSetup: 'test/n8n/setup.mts',
					// They share one n8n, whose memory some of them measure.
					fileParallelism: false,
					...patience,
				},
			},
			// Both on the n8n that N8N_UNDER_TEST names; see test/compat/main.mts.
			{
				test: {
					name: 'compat-engine',
					maxWorkers,
					include: ['test/engine/**/*.test.mts', 'test/compat/engine.test.mts'],
					globalSetup: 'test/compat/setup.mts',
					...patience,
					maxConcurrency: 40,
					sequence: { groupOrder: 1 },
				},
			},
			{
				test: {
					name: 'compat-n8n',
					include: [
						'test/compat/{faults,firstSteps,restart}.test.mts',
						'test/n8n/submission.test.mts',
						// Less those that stop n8n: older ones go on in another way; see restart.test.mts.
						'test/n8n/trigger{,Acknowledge,Bodies,Lifecycle,Signatures}.test.mts',
					],
					exclude,
					globalSetup: 'test/n8n/setup.mts',
					fileParallelism: false,
					...patience,
					sequence: { groupOrder: 2 },
				},
			},
			{
				test: {
					name: 'browser',
					include: ['test/browser/**/*.test.mts'],
					globalSetup: 'test/n8n/setup.mts',
					fileParallelism: false,
					...patience,
				},
			},
		],
	},
});
