import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { FormData } from 'undici';

import {
	fileNameObjection,
	jsonOf,
	lookUp,
	readEvidence,
	receiptOf,
	reportedSha256,
} from './rules.mts';
import { describeControl, readControl } from './control.mts';
import { CannotCheck } from '../cannotCheck.mts';
import type { Findings } from './finding.mts';
import type { Service } from './service.mts';

const SHOWN_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 250;

export interface Submission {
	file: string;
	engagement: string;
	control: string;
}

/** @throws CannotCheck where the file can't be sent as it is */
export async function assertCanBeSent(file: string): Promise<string> {
	const objection = fileNameObjection(basename(file));
	if (objection) throw new CannotCheck(`The name of the file for --submit ${objection}.`);
	try {
		const hash = createHash('sha256');
		for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
		return hash.digest('hex');
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new CannotCheck(`The file for --submit can’t be read (${code}).`);
	}
}

/** Submits a file as the node does, and waits until the control shows it. */
export async function checkSubmission(
	service: Service,
	{ file, engagement, control }: Submission,
	findings: Findings,
): Promise<void> {
	const sent = await assertCanBeSent(file);
	const before = await readControl(service, engagement, control);
	const isThere = (body: object) => lookUp(readEvidence(body), sent).end === 'linked';
	const wasThere = before.body !== undefined && isThere(before.body);

	const form = new FormData();
	form.append('control_id', control);
	form.append('file', await openAsBlob(file, { type: 'application/octet-stream' }), basename(file));
	const url = `${service.engagementUrl(engagement)}/evidence`;
	const { outcome, answer } = await service.ask(url, {
		method: 'POST',
		form,
		scope: 'evidence:write',
	});
	const answeredAt = performance.now();
	if (outcome.kind !== 'done' || !answer) {
		findings.misbehaves(
			'submit-form',
			`answers a submission with ${answer?.status ?? 'nothing'}`,
			'shows the service’s own words, and what to do',
			'what the node says there',
		);
		return;
	}
	findings.assumed(
		'submit-form',
		'takes control_id and file, without a description',
		'sends a description only where it is set',
	);
	checkReceipt(jsonOf(answer) as object, sent, findings);

	const says = `answers ${answer.status}`;
	if (wasThere) {
		findings.unseen(
			'submit-status',
			`${says}; the file was linked before`,
			'a file that isn’t linked yet, to check this',
		);
		return;
	}
	let shown: object | undefined;
	while (!shown && performance.now() - answeredAt < SHOWN_WITHIN_MS) {
		const { body } = await readControl(service, engagement, control);
		if (body && isThere(body)) shown = body;
		else if (body && lookUp(readEvidence(body), sent).end === 'cantTell') {
			findings.forget('control');
			describeControl(body, findings);
			findings.misbehaves(
				'submit-status',
				`${says}; the control doesn’t show whether it is linked`,
				'can’t recover a submission whose answer is lost',
				'look into AUDITDEX after an unclear answer',
			);
			return;
		} else await delay(ASK_EVERY_MS);
	}
	const seconds = ((performance.now() - answeredAt) / 1_000).toFixed(1);
	if (!shown) {
		findings.misbehaves(
			'submit-status',
			`${says}; the control doesn’t show it within ${SHOWN_WITHIN_MS / 1_000} s`,
			'would send the file a second time after a lost answer',
			'Max Retries 0, and ask support@augixsys.com when evidence is linked',
		);
		return;
	}
	findings.forget('control');
	describeControl(shown, findings);
	const full = `${says}; the control shows it after ${seconds} s`;
	const isSoon = Number(seconds) < 1;
	if (answer.status === 201 && isSoon)
		findings.assumed('submit-status', full, 'finds it there after a lost answer');
	else {
		findings.accepted(
			'submit-status',
			full,
			isSoon
				? 'takes it for the receipt, and finds it there after a lost answer'
				: 'asks for a while after a lost answer: a second after a 500, 5 s or more after others',
		);
	}
}

function checkReceipt(receipt: object, sent: string, findings: Findings): void {
	const received = reportedSha256(receipt);
	if (received === null) {
		findings.accepted(
			'evidence-hash',
			'reports no hash that the nodes know',
			'outputs received: null and verified: false',
			'nothing; ask support@augixsys.com for the SHA-256 in the answer, which the API page promises',
		);
		return;
	}
	try {
		receiptOf(receipt, sent);
	} catch (error) {
		findings.misbehaves(
			'evidence-hash',
			'reports another hash than that of the file sent',
			(error as Error).message,
			'do not rely on this evidence; report it to support@augixsys.com',
		);
		return;
	}
	const field = Object.entries(receipt).find(([, value]) => value === sent)?.[0];
	if (field === 'sha256')
		findings.assumed(
			'evidence-hash',
			'reports it as sha256, in hex',
			'compares it with what was sent',
		);
	else
		findings.accepted(
			'evidence-hash',
			'reports it under another name or in another spelling',
			'compares it with what was sent',
		);
}
