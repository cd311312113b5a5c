/**
 * Asks a real service what it does where AUDITDEX's API page leaves something open, and says what the
 * nodes make of it and what to set. It reads only, unless --submit names a file.
 *
 *   AUDITDEX_CLIENT_SECRET=… npm run check-service -- --base-url URL --client-id ID
 *
 * Ends with 0 when the nodes work with the service, with 1 when they would misbehave in something, and
 * with 2 when the service could not be checked.
 */
import { parseArgs } from 'node:util';

import { redact } from './check/service/rules.mts';
import { checkService, type CheckOptions, type Report } from './check/service/check.mts';
import { runCommand, UsageError } from './check/command.mts';
import type { Verdict } from './check/service/finding.mts';
import { askSecret } from './check/secret.mts';

const HELP = `npm run check-service -- --base-url URL --client-id ID [flags]

  --base-url URL         as in the Auditdex credential, e.g. https://api.augixsys.com/v1
  --client-id ID         of the API client
  --scope SCOPES         evidence:write controls:read reports:read unless told otherwise
  --engagement ID        the first of the list unless told otherwise
  --control ID           a control in it, best one that has evidence
  --submit FILE          also submits this file to that control; evidence can't be taken back
  --json                 a report to attach to an issue: no secrets, no names of people or files
  --help                 shows this

The client secret is taken from AUDITDEX_CLIENT_SECRET, or asked for. It is never an argument.`;

const SCOPES = 'evidence:write controls:read reports:read';
const MARKS: Record<Verdict, string> = {
	assumed: 'as assumed',
	accepted: 'accepted',
	misbehaves: 'MISBEHAVES',
	unseen: 'not seen',
};

function readFlags() {
	const { values } = parseArgs({
		options: {
			'base-url': { type: 'string' },
			'client-id': { type: 'string' },
			scope: { type: 'string', default: SCOPES },
			engagement: { type: 'string' },
			control: { type: 'string' },
			submit: { type: 'string' },
			json: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	if (!values.help && !values['base-url']) throw new UsageError('--base-url is missing');
	if (!values.help && !values['client-id']) throw new UsageError('--client-id is missing');
	if (values.submit !== undefined && !values.control) {
		throw new UsageError('--submit needs --control, and should have --engagement');
	}
	return values;
}

function printText({ lines }: Report): void {
	for (const { id, open, service, node, set, verdict } of lines) {
		const parts = [
			open,
			`This service ${service}`,
			`The node ${node}`,
			set === 'nothing' ? 'Set nothing' : `Set: ${set}`,
		];
		console.log(`${MARKS[verdict].padEnd(10)} ${id}: ${parts.map(withoutStop).join(' · ')}`);
	}
	const misbehaving = lines.filter(({ verdict }) => verdict === 'misbehaves').length;
	console.log(
		misbehaving === 0
			? '\nThe nodes work with this service as far as this could be seen.'
			: `\nThe nodes would misbehave in ${misbehaving} of ${lines.length} points.`,
	);
}

const withoutStop = (text: string) => text.trim().replace(/\.$/, '');

async function main(): Promise<number> {
	const flags = readFlags();
	if (flags.help) {
		console.log(HELP);
		return 0;
	}
	const options: CheckOptions = {
		baseUrl: flags['base-url']!,
		clientId: flags['client-id']!,
		clientSecret: await askSecret('AUDITDEX_CLIENT_SECRET', 'Client secret'),
		scope: flags.scope,
		engagement: flags.engagement,
		control: flags.control,
		submit: flags.submit,
	};
	const report = await checkService(options);
	const lines = redact(report.lines, report.secrets);
	if (flags.json)
		console.log(JSON.stringify({ checked: new Date().toISOString(), lines }, null, 2));
	else printText({ ...report, lines });
	return lines.some(({ verdict }) => verdict === 'misbehaves') ? 1 : 0;
}

await runCommand(main, HELP);
