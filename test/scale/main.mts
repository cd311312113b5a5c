/**
 * `npm run test:scale`: n8n's queue mode on this computer, put under load and made to fail.
 *
 *   --only <word>   only scenarios with this word in their name
 *   --measure       measures throughput instead, and writes the table in docs/scaling.md
 */
import { parseArgs } from 'node:util';

import { interruption } from '../../scripts/interruption.mts';
import { withFleet } from './fleet/fleet.mts';
import { measure } from './measure.mts';
import { binaryModes } from './scenarios/binaryModes.mts';
import { deliveries } from './scenarios/deliveries.mts';
import { exactlyOnce } from './scenarios/exactlyOnce.mts';
import { rateLimits } from './scenarios/rateLimits.mts';
import { submissions } from './scenarios/submissions.mts';
import { tokens } from './scenarios/tokens.mts';

/** As shells report a command that Ctrl-C ended. */
const INTERRUPTED = 130;
const SIZE = { workers: 2, processors: 2 };

const { values: options } = parseArgs({
	options: { only: { type: 'string', default: '' }, measure: { type: 'boolean', default: false } },
});
const scenarios = [tokens, binaryModes, exactlyOnce, rateLimits, submissions, deliveries].filter(
	({ name }) => name.toLowerCase().includes(options.only.toLowerCase()),
);

const interrupted = interruption();
let exitCode = INTERRUPTED;
const summary: string[] = [];
try {
	if (options.measure) {
		await measure(interrupted);
		exitCode = 0;
	} else {
		await withFleet(SIZE, interrupted, async (fleet) => {
			let failed = 0;
			for (const { name, run } of scenarios) {
				console.log(`\n${name}…`);
				const started = Date.now();
				const seconds = () => Math.round((Date.now() - started) / 1_000);
				try {
					const figures = await run(fleet);
					summary.push(`✓ ${name} (${seconds()} s)`, ...figures.map((line) => `    ${line}`));
				} catch (error) {
					failed += 1;
					summary.push(`✗ ${name} (${seconds()} s)`, `    ${(error as Error).stack}`);
				}
			}
			summary.push(`\n${scenarios.length - failed} passed, ${failed} failed`);
			exitCode = failed > 0 || scenarios.length === 0 ? 1 : 0;
		});
	}
} catch (error) {
	console.error(`\n${(error as Error).stack}`);
	exitCode = 1;
}
console.log(`\n${summary.join('\n')}`);
process.exit(exitCode);
