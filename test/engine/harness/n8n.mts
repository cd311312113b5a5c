/**
 * n8n's own modules, as a running n8n would have set them up: configuration, logger, expression
 * engine (the `vm` one, n8n's default) and instance settings, in a folder of this process's own.
 *
 * Everything comes through `require`, because n8n-core and the compiled nodes do too: an `import` of
 * n8n-workflow would bring a second copy of its classes.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll } from 'vitest';

import { provideCredentialKey, startExpressionEngine } from './differences.mts';

export type Constructor<T> = abstract new (...args: never[]) => T;

export interface DiContainer {
	get<T>(type: Constructor<T>): T;
	set<T>(type: Constructor<T>, instance: T): void;
}

/** Where this process's n8n keeps its settings, logs and binary data; removed after the tests. */
export const userFolder = mkdtempSync(join(tmpdir(), 'auditdex-engine-'));
afterAll(() => rmSync(userFolder, { recursive: true, force: true }));

const logFolder = join(userFolder, 'logs');

// n8n-core reads these when its services are first asked for. vitest's NODE_ENV "test" would make it
// load nodes and report errors in another way than it does for users.
Object.assign(process.env, {
	NODE_ENV: 'production',
	N8N_USER_FOLDER: userFolder,
	N8N_ENCRYPTION_KEY: 'only-for-this-process',
	N8N_LOG_LEVEL: 'debug',
	N8N_LOG_OUTPUT: 'file',
	N8N_LOG_FILE_LOCATION: join(logFolder, 'n8n.log'),
});

/** Our own n8n-core, or that of a whole n8n (`N8N_INSTALLATION`, the folder it's installed in). */
const require = createRequire(
	process.env.N8N_INSTALLATION
		? join(process.env.N8N_INSTALLATION, 'package.json')
		: import.meta.url,
);
/** What n8n-core itself would get. */
export const requireOfCore = createRequire(require.resolve('n8n-core'));

export const core = require('n8n-core') as typeof import('n8n-core');
export const workflow = require('n8n-workflow') as typeof import('n8n-workflow');

/** The container that n8n-core takes its services from; another copy of `@n8n/di` would be empty. */
export const { Container } = requireOfCore('@n8n/di') as { Container: DiContainer };

const { Logger } = requireOfCore('@n8n/backend-common') as {
	Logger: Constructor<Parameters<typeof workflow.LoggerProxy.init>[0]>;
};
provideCredentialKey(core, Container);
const logger = Container.get(Logger);
workflow.LoggerProxy.init(logger);
await startExpressionEngine(workflow, requireOfCore, Container);

/** All that this n8n has logged so far, debug messages included. It writes late: a last line is waited for. */
export async function loggedText(): Promise<string> {
	const last = randomUUID();
	logger.info(last);
	for (;;) {
		const text = readdirSync(logFolder)
			.map((file) => readFileSync(join(logFolder, file), 'utf8'))
			.join('\n');
		if (text.includes(last)) return text;
		await delay(10);
	}
}
