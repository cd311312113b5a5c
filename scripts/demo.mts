/**
 * `npm run demo`: a real n8n with this package and an AUDITDEX sandbox, on this computer. Evidence
 * goes out and is verified; a finding comes in and becomes a ticket, once. Then everything stays up
 * until Ctrl-C.
 *
 *   --once   stops at the end; exits with 0 only if all of it worked
 */
import { parseArgs } from 'node:util';

import { collectEvidence } from './demo/evidence.mts';
import { receiveFinding } from './demo/finding.mts';
import { interruption } from './interruption.mts';
import { withSurroundings, type Surroundings } from './demo/surroundings.mts';
import { OWNER } from './n8n/rest.mts';

/** As shells report a command that Ctrl-C ended. */
const INTERRUPTED = 130;

async function show(all: Surroundings): Promise<void> {
	console.log('\n1. Evidence out: each file with a receipt that an auditor can check');
	const evidenceUrl = await collectEvidence(all);
	console.log('\n2. A finding in: one run, one ticket; forged deliveries start nothing');
	const findingUrl = await receiveFinding(all);
	const { n8n, sandbox } = all;
	console.log(`
Editor       ${n8n.url}   (${OWNER.email} / ${OWNER.password})
  Evidence   ${evidenceUrl}
  Findings   ${findingUrl}
Sandbox      ${sandbox.baseUrl}   (client ${sandbox.client.clientId}, admin API ${sandbox.adminUrl})
  Webhooks   ${sandbox.settingsUrl}`);
}

const interrupted = interruption();
let exitCode = INTERRUPTED;
try {
	const { once } = parseArgs({ options: { once: { type: 'boolean', default: false } } }).values;
	await withSurroundings(interrupted, async (all) => {
		await show(all);
		exitCode = 0;
		if (once) return;
		console.log('\nn8n and the sandbox stay up until you press Ctrl-C.');
		await interrupted;
	});
} catch (error) {
	console.error(`\n${(error as Error).message}`);
	exitCode = 1;
}
process.exit(exitCode);
