import { createHash, randomBytes } from 'node:crypto';

import { jsonOf, lookUp, readEvidence, reportedSha256, storedAt } from './rules.mts';
import type { Findings } from './finding.mts';
import type { Service } from './service.mts';
import { count, pathTo } from './words.mts';

const GIVE_CONTROL = 'give --engagement and --control, to check this';

export async function readControl(
	service: Service,
	engagement: string,
	control: string,
): Promise<{ body?: object; status?: number }> {
	const url = `${service.engagementUrl(engagement)}/controls/${encodeURIComponent(control)}`;
	const { outcome, answer } = await service.ask(url, { scope: 'controls:read' });
	return {
		body: outcome.kind === 'done' && answer ? (jsonOf(answer) as object) : undefined,
		status: answer?.status,
	};
}

/** Where a control shows status, findings and evidence, and what the nodes can tell from it. */
export async function checkControl(
	service: Service,
	{ engagement, control }: { engagement?: string; control?: string },
	findings: Findings,
): Promise<void> {
	if (engagement === undefined || control === undefined) {
		findings.unseen('control', 'was not asked for a control', GIVE_CONTROL);
		return;
	}
	const { body, status } = await readControl(service, engagement, control);
	if (!body) {
		findings.misbehaves(
			'control',
			`answers the control with ${status ?? 'nothing'}`,
			'shows the service’s own words, and what to do',
			'another --engagement and --control, or what the node says there',
		);
		return;
	}
	describeControl(body, findings);
}

function isAsAssumed(body: object): boolean {
	const { evidence } = body as { evidence?: unknown };
	return Array.isArray(evidence) && evidence.every((piece) => 'sha256' in Object(piece));
}

export function describeControl(body: object, findings: Findings): void {
	const statusAt = pathTo(
		body,
		(part, name) => typeof part === 'string' && /status|state|conclusion/i.test(name),
	);
	const findingsAt = pathTo(
		body,
		(part, name) => Array.isArray(part) && /finding|issue/i.test(name),
	);
	const view = readEvidence(body);
	const hashes = view.evidence.map(reportedSha256);
	const hashed = hashes.filter((hash) => hash !== null).length;
	const timed = view.evidence.filter((piece) => storedAt(piece) !== undefined).length;
	const shows = {
		none: 'no list of evidence',
		part: `a part of its evidence (${count(view.evidence.length, 'piece')}, ${hashed} with a hash)`,
		whole: `${count(view.evidence.length, 'piece')} of evidence, ${hashed} with a hash, ${timed} with its time`,
	}[view.list];
	const says = [
		statusAt === undefined ? 'shows no status' : `shows its status under “${statusAt}”`,
		findingsAt === undefined ? 'no list of findings' : `findings under “${findingsAt}”`,
		shows,
	].join(', ');
	const elsewhere = createHash('sha256').update(randomBytes(16)).digest('hex');
	const unknown = lookUp(view, elsewhere);
	if (unknown.end === 'cantTell') {
		findings.misbehaves(
			'control',
			says,
			`can’t tell whether a file is there, as ${unknown.why}: Skip If Submitted and Verify fail, and after an unclear answer a file is not sent again`,
			'Skip If Submitted off; look into AUDITDEX after an unclear answer, and ask support@augixsys.com for the SHA-256 of linked evidence',
		);
		return;
	}
	if (view.evidence.length === 0) {
		findings.unseen(
			'control',
			`${says}, so that it isn’t seen whether evidence shows its hash`,
			'a --control that has evidence, or --submit, to check this',
		);
		return;
	}
	const known = hashes.find((hash) => hash !== null) ?? elsewhere;
	const finds = lookUp(view, known).end === 'linked' ? 'finds evidence by its hash' : 'finds none';
	if (timed < view.evidence.length) {
		findings.accepted(
			'control',
			says,
			`${finds}; evidence without its time can’t be told from earlier copies of the same file`,
		);
	} else if (statusAt === 'testing_status' && findingsAt === 'findings' && isAsAssumed(body)) {
		findings.assumed('control', says, finds);
	} else {
		findings.accepted('control', says, finds);
	}
}
