/** The demo's first half: evidence out, with a receipt for each file. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { nodeOfType, readExample } from './example.mts';
import type { Surroundings } from './surroundings.mts';

const CREDENTIAL_TYPE = 'auditdexOAuth2Api';
const NODE_TYPE = 'n8n-nodes-auditdex.auditdex';

const CHANGE_APPROVALS = `change,service,requested_by,approved_by,approved_on,deployed_on
CHG-1041,billing,e.yamada,t.brandt,2026-04-14,2026-04-15
CHG-1042,payroll,d.petrov,m.lindqvist,2026-04-16,2026-04-16
`;

/** The part of Submit's output that the demo looks at. */
interface Receipt {
	id: string;
	file_name: string;
	control_id: string;
	integrity: { sent: string; received: string | null; verified: boolean };
}

/**
 * Creates the credential, imports the scheduled example, runs it once and checks each receipt
 * against what the sandbox has stored.
 * @returns the editor's address of the workflow
 * @throws Error when the run, a receipt or the stored file isn't as it must be
 */
export async function collectEvidence(all: Surroundings): Promise<string> {
	const { client, company, n8n, sandbox } = all;

	const account = {
		clientId: sandbox.client.clientId,
		clientSecret: sandbox.client.clientSecret,
		baseUrl: sandbox.baseUrl,
		scope: 'evidence:write controls:read reports:read',
	};
	const credential = await client.createCredential(CREDENTIAL_TYPE, account, 'Auditdex sandbox');
	const test = await client.testCredential(credential, CREDENTIAL_TYPE, account);
	console.log(`\nCredential   ${test.message}`);
	if (test.status !== 'OK') throw new Error('The credential was refused');

	const folder = join(n8n.filesFolder, 'evidence');
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, 'change-approvals.csv'), CHANGE_APPROVALS);
	const workflow = await client.importWorkflow(
		await readExample('scheduled-evidence-collection', {
			reportsOrigin: company.origin,
			filesFolder: n8n.filesFolder,
		}),
		{ [CREDENTIAL_TYPE]: credential },
	);
	const editorUrl = `${n8n.url}/workflow/${workflow.id}`;
	console.log(`Workflow     "${workflow.name}" imported`);

	const execution = await client.run(workflow.id);
	if (execution.status !== 'success') {
		const { message, description } = execution.error ?? { message: execution.status };
		throw new Error(`The workflow did not run through: ${message}. ${description ?? ''}`);
	}
	const receipts = execution
		.output(nodeOfType(workflow, NODE_TYPE).name)
		.map(({ json }) => json as unknown as Receipt);
	console.log(
		`Run          ${execution.status}, ${receipts.length} receipts; the first of them:\n`,
	);
	console.log(JSON.stringify(receipts[0], null, 2));
	await checkReceipts(receipts, all);

	await client.activate(workflow.id);
	return editorUrl;
}

/** @throws Error naming the first receipt that doesn't hold */
async function checkReceipts(
	receipts: Receipt[],
	{ sandbox, evidenceFolder }: Surroundings,
): Promise<void> {
	if (receipts.length === 0) throw new Error('The workflow submitted nothing');
	const stored = await sandbox.admin.listEvidence();
	console.log('\nChecked against the files that the sandbox has stored:');
	for (const { id, file_name, control_id, integrity } of receipts) {
		const inStore = stored.some((evidence) => evidence.id === id);
		const storedSha256 = inStore ? await sha256OfFile(join(evidenceFolder, id)) : 'nothing';
		const matches = storedSha256 === integrity.sent && storedSha256 === integrity.received;
		console.log(
			`  ${control_id}  ${file_name.padEnd(22)}  SHA-256 ${integrity.sent.slice(0, 16)}…` +
				`  verified: ${integrity.verified}, stored file ${matches ? 'matches' : 'DIFFERS'}`,
		);
		if (integrity.verified !== true || !matches) {
			throw new Error(
				`The receipt of ${file_name} doesn't hold: n8n sent ${integrity.sent}, ` +
					`the receipt says ${integrity.received}, the sandbox stores ${storedSha256}`,
			);
		}
	}
}

async function sha256OfFile(path: string): Promise<string> {
	const hash = createHash('sha256');
	await pipeline(createReadStream(path), hash);
	return hash.digest('hex');
}
