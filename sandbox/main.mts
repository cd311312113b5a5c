/** `npm run sandbox`: the service on loopback until Ctrl-C. */
import { helpText, readFlags, type Flags } from './flags.mts';
import { startSandbox, type Sandbox } from './server.mts';

async function start(): Promise<[Sandbox, Flags]> {
	const flags = readFlags(process.argv.slice(2));
	if (flags.help) {
		console.log(`npm run sandbox -- [flags]\n\n${helpText()}`);
		process.exit(0);
	}
	return [await startSandbox(flags.options), flags];
}

const [sandbox, { stopWithParent }] = await start().catch((error: NodeJS.ErrnoException) => {
	const { message, code } = error;
	console.error(
		code === 'EADDRINUSE'
			? `${message}. Is another sandbox running? Choose other ports with --port and --admin-port.`
			: message,
	);
	process.exit(1);
});
console.log(`AUDITDEX sandbox
  Base URL       ${sandbox.baseUrl}
  Client ID      ${sandbox.client.clientId}
  Client secret  ${sandbox.client.clientSecret}
  Webhooks       ${sandbox.settingsUrl}
  API to try     ${sandbox.docsUrl}
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
if (stopWithParent) process.stdin.resume().on('end', () => void stop());
