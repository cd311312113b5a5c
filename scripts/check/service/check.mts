import { assumptionsIn, readDocument } from '../../../sandbox/openapi/document.mts';
import { AuditdexErrorClass, parseBaseUrl } from './rules.mts';
import { checkControl } from './control.mts';
import { CannotCheck } from '../cannotCheck.mts';
import { Findings, type Line } from './finding.mts';
import { checkLimits } from './limits.mts';
import { checkList } from './list.mts';
import { checkFieldErrors, checkProblems, checkScopes } from './problems.mts';
import { Service } from './service.mts';
import { assertCanBeSent, checkSubmission } from './submission.mts';
import { checkExpiredToken, checkRefusal, checkToken, type Client } from './token.mts';

export interface CheckOptions extends Client {
	baseUrl: string;
	engagement?: string;
	control?: string;
	/** A file to submit; nothing is written where it's left out. */
	submit?: string;
}

/** Only a delivery shows it. */
const OF_DELIVERIES = ['signature', 'redelivery', 'event-time', 'event-data'];

export interface Report {
	lines: Line[];
	/** Never to be shown. */
	secrets: string[];
}

/**
 * Asks a service what it does where the API page leaves something open.
 * @throws CannotCheck with a sentence, where the service can't be checked at all
 */
export async function checkService(options: CheckOptions): Promise<Report> {
	const { engagement, control, submit } = options;
	const service = new Service(usable(options.baseUrl), options.clientSecret);
	const findings = new Findings();
	if (submit !== undefined) await assertCanBeSent(submit);
	try {
		await checkToken(service, options, findings);
		const first = await checkList(service, findings);
		const place = { engagement: engagement ?? first, control };
		await checkControl(service, place, findings);
		const statusOf = (index: number) => service.replies.at(index)?.answer?.status;
		const opened = {
			'the list': statusOf(0),
			...(control !== undefined && { 'the control': statusOf(-1) }),
		};
		await checkProblems(service, findings);
		await checkFieldErrors(service, findings);
		await checkExpiredToken(service, findings);
		await checkRefusal(service, options, findings);
		if (submit !== undefined && place.engagement !== undefined && control !== undefined) {
			await checkSubmission(
				service,
				{ file: submit, engagement: place.engagement, control },
				findings,
			);
		}
		checkScopes(opened, options.scope, findings);
		checkLimits(service, findings);
	} catch (error) {
		if (error instanceof CannotCheck) throw new CannotCheck(service.hide(error.message));
		throw error;
	}
	return { lines: linesOf(findings, submit !== undefined), secrets: service.secrets };
}

function usable(baseUrl: string): string {
	try {
		return parseBaseUrl(baseUrl);
	} catch (error) {
		if (!(error instanceof AuditdexErrorClass)) throw error;
		throw new CannotCheck(`${error.message}. ${error.description ?? ''}`);
	}
}

/** A line for each assumption, in the document's order. */
function linesOf(findings: Findings, submitted: boolean): Line[] {
	return assumptionsIn(readDocument()).map(({ id, open }) => {
		const found = findings.of(id);
		if (found) return { id, open, ...found };
		const [service, set] = OF_DELIVERIES.includes(id)
			? ['shows it in deliveries only', 'npm run check-delivery, with a captured one']
			: id.startsWith('submit') || id === 'evidence-hash'
				? [
						submitted ? 'showed nothing of it' : 'was sent nothing',
						'--submit with a file that may stay there for good, and --control',
					]
				: ['showed nothing of it', 'nothing'];
		return { id, open, service, node: 'was not put to the test', set, verdict: 'unseen' };
	});
}
