/** The demo's second half: a finding comes in and becomes a ticket, once; forged ones don't. */
import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { request } from 'undici';

import type { Delivery } from '../../sandbox/webhooks/webhook.mts';
import { nodeOfType, readExample } from './example.mts';
import type { Surroundings } from './surroundings.mts';

const CREDENTIAL_TYPE = 'auditdexWebhookApi';
const TRIGGER_TYPE = 'n8n-nodes-auditdex.auditdexTrigger';
const SIGNATURE_HEADER = 'X-Auditdex-Signature';

const ENGAGEMENT = 'eng_xyz789';
const CONTROL = 'ctrl_abc123';
const FINDING = {
	severity: 'significant',
	title: 'Privileged access review not completed within SLA',
};

const RUN_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

interface Answer {
	status: number | null;
	body: string;
}

/**
 * Registers the example's trigger as a webhook of the sandbox, raises a finding there, and checks what
 * came of it; then sends what an attacker could send.
 * @returns the editor's address of the workflow
 * @throws Error when a finding isn't one run and one ticket, or something forged is accepted
 */
export async function receiveFinding(all: Surroundings): Promise<string> {
	const { client, company, n8n, sandbox } = all;

	const file = await readExample('finding-raised-to-ticket', {
		reportsOrigin: company.origin,
		filesFolder: n8n.filesFolder,
	});
	const imported = await client.importWorkflow(file, {
		jiraSoftwareCloudApi: await client.createCredential(
			'jiraSoftwareCloudApi',
			{ domain: company.origin, email: 'audit@example.com', apiToken: 'stand-in' },
			'Ticket tracker (stand-in)',
		),
		mattermostApi: await client.createCredential(
			'mattermostApi',
			{ baseUrl: company.origin, accessToken: 'stand-in' },
			'Chat (stand-in)',
		),
	});
	const productionUrl = client.webhookUrl(nodeOfType(imported, TRIGGER_TYPE));
	const webhook = await sandbox.admin.createWebhook({
		url: productionUrl,
		events: ['finding.raised'],
		signature: { header: SIGNATURE_HEADER },
	});
	console.log(
		"\nWebhook      added in the sandbox for finding.raised, with the trigger's production URL",
	);

	const credential = await client.createCredential(
		CREDENTIAL_TYPE,
		{ signingSecret: webhook.secret },
		'Auditdex webhook of the sandbox',
	);
	const workflow = await client.updateWorkflow(imported.id, {
		nodes: imported.nodes.map((node) =>
			node.type === TRIGGER_TYPE
				? { ...node, credentials: { [CREDENTIAL_TYPE]: { ...credential } } }
				: node,
		),
	});
	await client.activate(workflow.id);
	await client.waitForWebhook(nodeOfType(workflow, TRIGGER_TYPE));
	console.log(`Workflow     "${workflow.name}" imported and published`);

	/** @throws Error unless there is one successful run, one ticket and one message */
	const expectOneOfEach = async (after: string): Promise<void> => {
		const runs = await client.listExecutions({ workflowId: workflow.id });
		const counts = [runs.length, company.tickets.length, company.messages.length];
		if (counts.some((count) => count !== 1) || runs[0]?.status !== 'success') {
			throw new Error(
				`After ${after} there are ${counts[0]} runs (${runs.map(({ status }) => status).join(', ')}), ` +
					`${counts[1]} tickets and ${counts[2]} messages instead of one of each`,
			);
		}
	};

	const finding = await sandbox.admin.raiseFinding(ENGAGEMENT, CONTROL, FINDING);
	console.log(`Finding      ${finding.id} (${finding.severity}) raised: ${finding.title}`);
	await sandbox.admin.waitForDeliveries(webhook.id);
	const [delivery] = await sandbox.admin.listDeliveries({ webhookId: webhook.id });
	report('Delivery', 'signed by the sandbox', lastAnswer(delivery!));
	await runOver(all, workflow.id);
	await expectOneOfEach('the finding');
	const ticket = company.tickets[0]!;
	if (!ticket.description.includes(finding.id)) {
		throw new Error(`The ticket isn't about ${finding.id}: ${ticket.description}`);
	}
	console.log('Run          1, success');
	console.log(`Ticket       ${ticket.key}: ${ticket.summary}`);
	console.log(`Chat         ${company.messages[0]}`);

	await sandbox.admin.redeliver(delivery!.id);
	await sandbox.admin.waitForDeliveries(webhook.id);
	const again = lastAnswer(await sandbox.admin.getDelivery(delivery!.id));
	report('Same again', 'the same delivery', again);
	await expectOneOfEach('the same delivery again');

	const { body, attempts } = delivery!;
	const forgedBody = body.replace(finding.id, 'fnd_forged');
	const forgedSignature = createHmac('sha256', 'not the secret').update(forgedBody).digest('hex');
	for (const [what, signature] of [
		['signed without knowing the secret', `sha256=${forgedSignature}`],
		['with the signature of a real delivery', attempts[0]!.requestHeaders[SIGNATURE_HEADER]!],
	] as const) {
		const answer = await send(productionUrl, forgedBody, signature);
		report('Forged', what, answer);
		if (answer.status !== 401) {
			throw new Error(`A forged delivery was answered ${answer.status} instead of 401`);
		}
		await expectOneOfEach('a forged delivery');
	}
	console.log('             still 1 run, 1 ticket and 1 message');
	return `${n8n.url}/workflow/${workflow.id}`;
}

function report(label: string, what: string, { status, body }: Answer): void {
	console.log(`${label.padEnd(12)} ${what}: answered ${status} ${body}`);
}

function lastAnswer({ attempts }: Delivery): Answer {
	const last = attempts.at(-1)!;
	return { status: last.status, body: last.responseBody };
}

/** Waits for the end of the workflow's first run. */
async function runOver({ client }: Surroundings, workflowId: string): Promise<void> {
	for (let waited = 0; waited < RUN_TIMEOUT_MS; waited += POLL_MS) {
		const [run] = await client.listExecutions({ workflowId });
		if (run) {
			const { status, error } = await client.waitForExecution(run.id, RUN_TIMEOUT_MS);
			if (status === 'success') return;
			throw new Error(`The workflow did not run through: ${error?.message ?? status}`);
		}
		await delay(POLL_MS);
	}
	throw new Error('The delivery was accepted, but started no run');
}

async function send(url: string, body: string, signature: string): Promise<Answer> {
	const response = await request(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: signature },
		body,
	});
	return { status: response.statusCode, body: await response.body.text() };
}
