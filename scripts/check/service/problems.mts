import { randomBytes } from 'node:crypto';

import { jsonOf } from './rules.mts';
import type { Findings } from './finding.mts';
import type { Service } from './service.mts';

const PAGE_TYPE = 'https://api.augixsys.com/errors/';

/** How the service says that there's no such thing. */
export async function checkProblems(service: Service, findings: Findings): Promise<void> {
	const nowhere = `check-${randomBytes(8).toString('hex')}`;
	const url = `${service.engagementUrl(nowhere)}/controls/${nowhere}`;
	const { answer, outcome } = await service.ask(url, { scope: 'controls:read' });
	if (!answer) {
		findings.unseen('problems', 'gave no answer to what isn’t there', 'nothing');
		return;
	}
	const type = (answer.headers['content-type'] ?? 'no media type').replace(/;.*/, '');
	const body = jsonOf(answer) as Record<string, unknown> | undefined;
	const isProblem = typeof body === 'object' && body !== null && 'title' in body && 'type' in body;
	const form = isProblem ? 'problem details' : body ? 'JSON that is no problem details' : 'no JSON';
	const says = `answers what isn’t there with ${answer.status}, ${type}, ${form}`;
	if (outcome.kind === 'done') {
		findings.misbehaves(
			'problems',
			says,
			'takes it for a control, so that a wrong ID goes unnoticed',
			'check IDs twice, and ask support@augixsys.com for a 404',
		);
	} else if (outcome.kind !== 'refused') {
		findings.misbehaves(
			'problems',
			says,
			'takes it for something that passes, and tries again until Max Retries is used up',
			'check IDs and Base URL; lower Max Retries',
		);
	} else if (answer.status === 403) {
		findings.accepted(
			'problems',
			says,
			'says that a scope may be missing, and not that the ID is wrong',
		);
	} else if (
		isProblem &&
		type === 'application/problem+json' &&
		`${body.type}`.startsWith(PAGE_TYPE)
	) {
		findings.assumed('problems', says, 'shows its title and detail, and what to do');
	} else {
		findings.accepted('problems', says, 'shows what it says, and what to do');
	}
}

/** How it says that a value is wrong; reading only, so by way of a page size that can't be. */
export async function checkFieldErrors(service: Service, findings: Findings): Promise<void> {
	const { answer, outcome } = await service.ask(service.listUrl, { query: { limit: 'none' } });
	if (!answer || answer.status < 400 || answer.status >= 500 || outcome.kind !== 'refused') {
		findings.unseen(
			'field-errors',
			`doesn’t refuse a page size that is no number (${answer?.status ?? 'no answer'})`,
			'nothing',
		);
		return;
	}
	findings.accepted(
		'page-size',
		'knows a parameter “limit”, and refuses what is no number',
		'sends none of its own',
	);
	const body = jsonOf(answer) as Record<string, unknown> | undefined;
	const list = body?.errors ?? body?.['invalid-params'] ?? body?.invalid_params;
	const shown = /\blimit\b/.test(outcome.error.description ?? '');
	const says = `answers a wrong value with ${answer.status}, ${list === undefined ? 'without naming the field' : 'and names the field'}`;
	const isAssumed =
		Array.isArray(body?.errors) &&
		Object.keys((body.errors[0] ?? {}) as object).join() === 'field,message';
	if (isAssumed && shown)
		findings.assumed('field-errors', says, 'shows the field and what is wrong');
	else {
		findings.accepted(
			'field-errors',
			says,
			shown ? 'shows what it says' : 'shows the title and detail alone',
		);
	}
}

/** Which of the three endpoints this token opens. */
export function checkScopes(
	statuses: Record<string, number | undefined>,
	asked: string,
	findings: Findings,
): void {
	const closed = Object.entries(statuses).filter(([, status]) => status === 403);
	const open = Object.entries(statuses).filter(([, status = 0]) => status >= 200 && status < 300);
	if (closed.length > 0) {
		findings.misbehaves(
			'scopes',
			`refuses ${closed.map(([name]) => name).join(' and ')} with 403`,
			'names the scope that it takes to be missing',
			`Scope in the credential (asked for: ${asked}), or the client’s grants`,
		);
	} else if (open.length > 0) {
		findings.assumed(
			'scopes',
			`opens ${open.map(([name]) => name).join(' and ')} to the scopes asked for`,
			'needs nothing else',
		);
	} else {
		findings.unseen('scopes', 'opened nothing', 'give --engagement and --control, to check this');
	}
}
