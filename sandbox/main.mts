/** `npm run sandbox`: the service on loopback until Ctrl-C. */
import { parseArgs } from 'node:util';

import { startSandbox, type SandboxOptions } from './server.mts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
	options: {
		'data-dir': { ...text, default: '.sandbox' },
		port: { ...text, default: '4010' },
		'admin-port': { ...text, default: '4011' },
		plan: { ...text, default: 'standard' },
		pagination: text,
		'list-key': text,
		'page-size': text,
		'hash-field': text,
		'hash-placement': text,
		'hash-prefix': { type: 'boolean' },
		'token-lifetime-seconds': text,
		'clock-speed': text,
		'latency-ms': text,
		'max-file-bytes': text,
		'retry-after': { type: 'boolean' },
		seed: text,
		'client-secret': text,
		'stop-with-parent': { type: 'boolean', default: false },
	},
});

const NUMBERS = new Set([
	'port',
	'adminPort',
	'pageSize',
	'tokenLifetimeSeconds',
	'clockSpeed',
	'latencyMs',
	'maxFileBytes',
	'seed',
]);
const options = Object.fromEntries(
	Object.entries(values)
		.map(
			([flag, value]) =>
				[flag.replace(/-(.)/g, (_dash, letter: string) => letter.toUpperCase()), value] as const,
		)
		.map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : value]),
) as SandboxOptions;

const sandbox = await startSandbox(options);
console.log(`AUDITDEX sandbox
  Base URL       ${sandbox.baseUrl}
  Client ID      ${sandbox.client.clientId}
  Client secret  ${sandbox.client.clientSecret}
  Admin API      ${sandbox.adminUrl}
Stop with Ctrl-C.`);

let stopping = false;
async function stop(): Promise<void> {
	if (stopping) return;
	stopping = true;
	await sandbox.close();
	process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
if (values['stop-with-parent']) process.stdin.resume().on('end', () => void stop());
