/**
 * Says of a captured delivery how it was signed, what the trigger makes of it, and what to set.
 *
 *   WEBHOOK_SECRET=… npm run check-delivery -- --secret-from-env WEBHOOK_SECRET FILE
 *
 * Ends with 0 when the trigger accepts every delivery in the file, with 1 when it refuses one, and with
 * 2 when there is nothing to check.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { CannotCheck } from './check/cannotCheck.mts';
import { runCommand, UsageError } from './check/command.mts';
import { readCapture } from './check/delivery/capture.mts';
import { diagnose, type Diagnosis } from './check/delivery/diagnosis.mts';
import { adviseOnUseless, redact } from './check/delivery/rules.mts';
import { askSecret } from './check/secret.mts';

const HELP = `npm run check-delivery -- --secret-from-env NAME [flags] FILE

FILE has a delivery's headers and body: as curl -v or a raw HTTP request show them, n8n's execution
data or a node's output as JSON, or a HAR file.

  --secret-from-env NAME           the environment variable with the webhook's secret
  --previous-secret-from-env NAME  the one with the previous secret, while it is rotated
  --signature-header NAME          as in the trigger's options
  --signed-content FORM            as in the trigger's options: auto, body, timestampBody, standardWebhooks
  --at TIME                        when it was received, e.g. 2026-04-20T09:14:32Z; now unless FILE tells
  --json                           a report: no secrets, nothing of the body
  --help                           shows this

A secret is never an argument.`;

function readFlags() {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			'secret-from-env': { type: 'string' },
			'previous-secret-from-env': { type: 'string' },
			'signature-header': { type: 'string' },
			'signed-content': { type: 'string' },
			at: { type: 'string' },
			json: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) return { ...values, file: '' };
	const [file, ...others] = positionals;
	if (!values['secret-from-env']) throw new UsageError('--secret-from-env is missing');
	if (file === undefined || others.length > 0) throw new UsageError('One FILE is needed');
	if (values.at !== undefined && Number.isNaN(Date.parse(values.at))) {
		throw new UsageError('--at is no time; e.g. 2026-04-20T09:14:32Z');
	}
	return { ...values, file };
}

async function bytesOf(file: string): Promise<Buffer> {
	try {
		return await readFile(file);
	} catch (error) {
		throw new CannotCheck(`The file can’t be read (${(error as NodeJS.ErrnoException).code}).`);
	}
}

async function main(): Promise<number> {
	const flags = readFlags();
	if (flags.help) {
		console.log(HELP);
		return 0;
	}
	const previous = flags['previous-secret-from-env'];
	const secrets = {
		signingSecret: await askSecret(flags['secret-from-env']!, 'Webhook secret'),
		previousSigningSecret: previous ? await askSecret(previous, 'Previous webhook secret') : '',
	};
	const useless = adviseOnUseless(secrets);
	if (useless !== undefined) throw new CannotCheck(useless);
	const captured = readCapture(await bytesOf(flags.file));
	const at = flags.at === undefined ? undefined : Date.parse(flags.at) / 1_000;
	const options = {
		...(flags['signature-header'] && { signatureHeader: flags['signature-header'] }),
		...(flags['signed-content'] && { signedContent: flags['signed-content'] }),
	};
	const found: Diagnosis[] = [];
	for (const delivery of captured) {
		const timed = at === undefined ? delivery : { ...delivery, at };
		found.push(await diagnose(timed, secrets, options, Date.now() / 1_000));
	}
	const hidden = redact(found, Object.values(secrets));
	if (flags.json) console.log(JSON.stringify({ deliveries: hidden }, null, 2));
	else {
		for (const [index, { accepted, says, set }] of hidden.entries()) {
			const number = hidden.length > 1 ? ` ${index + 1}` : '';
			console.log(
				`${accepted ? 'Accepted' : 'Refused '}${number}  ${says}\n            Set: ${set}`,
			);
		}
	}
	return hidden.every(({ accepted }) => accepted) ? 0 : 1;
}

await runCommand(main, HELP);
